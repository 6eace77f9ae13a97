/** Builds a graph node by node. */
import type { Attribute, Graph, Node, Tensor } from './proto.ts';

/** The name of a tensor in the graph. */
export type Name = string;

export interface GraphBuilder {
  /** Adds a node with one output and returns its name. */
  add(operator: string, inputs: readonly Name[], attributes?: readonly Attribute[], domain?: string): Name;
  /** Adds a node whose output has the given name. */
  output(name: Name, operator: string, inputs: readonly Name[], attributes?: readonly Attribute[]): void;
  /** Adds a constant; numbers are float32 or float64 by their array. */
  constant(data: Tensor['data'], dims: readonly number[]): Name;
  readonly nodes: readonly Node[];
  readonly initializers: Graph['initializers'];
}

/** `taken`: names of inputs and outputs, which nothing else may have. */
export function createGraphBuilder(taken: readonly string[]): GraphBuilder {
  const nodes: Node[] = [];
  const initializers: Tensor[] = [];
  const used = new Set(taken);
  const free = (base: string): string => {
    let name = `${base}_${used.size}`;
    while (used.has(name)) name += '_';
    used.add(name);
    return name;
  };
  const push = (
    operator: string,
    inputs: readonly Name[],
    output: Name,
    attributes: readonly Attribute[],
    domain = '',
  ) => nodes.push({ operator, domain, name: free(operator), inputs, outputs: [output], attributes });
  return {
    nodes,
    initializers,
    add(operator, inputs, attributes = [], domain = '') {
      const output = free(operator.toLowerCase());
      push(operator, inputs, output, attributes, domain);
      return output;
    },
    output: (name, operator, inputs, attributes = []) => {
      push(operator, inputs, name, attributes);
    },
    constant(data, dims) {
      const name = free('constant');
      initializers.push({ name, dims, data });
      return name;
    },
  };
}
