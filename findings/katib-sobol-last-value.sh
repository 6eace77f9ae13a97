#!/usr/bin/env bash
# Katib 0.19.0: sobol never suggests the highest whole number of a range, and cmaes at first hardly varies a range that is wider than another.
#
# Both are served by Goptuna 0.8.0. Its Sobol sampler takes floor(u · (high − low)) + low, with u from 0 to below 1: an int from 1 to 2 is always 1, and one
# from 8 to 64 by 8 is never 64. Its CMA-ES does not scale parameters: all begin with the same standard deviation, a sixth of the narrowest range, so that
# beside a learning rate from 0 to 0.1 the units from 8 to 512 stay at 260 until results move them (Optuna scales parameters since its pull request 4443).
#
# Asks Katib's service for 1,000 suggestions before any result, prints their different values, and fails if these are not as described.
set -euo pipefail
command -v go >/dev/null || { echo 'needs go'; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOFLAGS=-modcacherw GOMODCACHE="$folder/modules"
cat > main.go <<'GO'
package main

import (
	"context"
	"flag"
	"fmt"
	"sort"
	"strconv"

	api "github.com/kubeflow/katib/pkg/apis/manager/v1beta1"
	service "github.com/kubeflow/katib/pkg/suggestion/v1beta1/goptuna"
	"k8s.io/klog/v2"
)

func parameter(name string, kind api.ParameterType, low, high, step string) *api.ParameterSpec {
	return &api.ParameterSpec{Name: name, ParameterType: kind, FeasibleSpace: &api.FeasibleSpace{Min: low, Max: high, Step: step}}
}

// The different values of the first parameter.
func suggested(algorithm string, parameters ...*api.ParameterSpec) []int {
	experiment := &api.Experiment{Spec: &api.ExperimentSpec{
		Algorithm:      &api.AlgorithmSpec{AlgorithmName: algorithm},
		Objective:      &api.ObjectiveSpec{Type: api.ObjectiveType_MINIMIZE, ObjectiveMetricName: "loss"},
		ParameterSpecs: &api.ExperimentSpec_ParameterSpecs{Parameters: parameters},
	}}
	server := service.NewSuggestionService()
	reply, err := server.GetSuggestions(context.Background(), &api.GetSuggestionsRequest{Experiment: experiment, CurrentRequestNumber: 1000})
	if err != nil {
		panic(err)
	}
	found := map[int]bool{}
	for _, one := range reply.ParameterAssignments {
		for _, assignment := range one.Assignments {
			if value, err := strconv.Atoi(assignment.Value); assignment.Name == parameters[0].Name && err == nil {
				found[value] = true
			}
		}
	}
	values := []int{}
	for value := range found {
		values = append(values, value)
	}
	sort.Ints(values)
	return values
}

func main() {
	klog.InitFlags(nil)
	flag.Set("logtostderr", "false")
	flag.Set("stderrthreshold", "FATAL")
	integer, double := api.ParameterType_INT, api.ParameterType_DOUBLE
	fmt.Println("sobol, int 1 to 2:", suggested("sobol", parameter("x", integer, "1", "2", "")))
	fmt.Println("sobol, int 8 to 64 by 8:", suggested("sobol", parameter("x", integer, "8", "64", "8")))
	rate := parameter("rate", double, "0", "0.1", "")
	fmt.Println("cmaes, int 8 to 512 beside a double 0 to 0.1:", suggested("cmaes", parameter("x", integer, "8", "512", ""), rate))
}
GO
cat > go.mod <<'MOD'
module finding

go 1.24.0

require github.com/kubeflow/katib v0.19.0
MOD
go mod tidy >log 2>&1 && go build -o finding . >>log 2>&1 || { cat log; exit 1; }
./finding 2>errors | tee seen || { cat errors; exit 1; }
diff seen - <<'TEXT'
sobol, int 1 to 2: [1]
sobol, int 8 to 64 by 8: [8 16 24 32 40 48 56]
cmaes, int 8 to 512 beside a double 0 to 0.1: [260]
TEXT
