/** An activation and a hyperparameter, as the recipes say. */
import type { Recipe } from './recipe.ts';

export const activation: Recipe = {
  title: 'An activation',
  most: 6,
  names: {},
  follow: async (copy) => {
    const formulas = 'src/nn/model/activations.ts';
    await copy.replace(
      formulas,
      'export const activationLoops',
      `/** f(z) = z / (1 + |z|), f′ = (1 − |a|)² */
const softsign: ActivationLoops = {
  forward(z, a, start, end) {
    for (let i = start; i < end; i++) a[i] = z[i]! / (1 + Math.abs(z[i]!));
  },
  backward(_z, a, da, dz, start, end) {
    for (let i = start; i < end; i++) dz[i] = da[i]! * (1 - Math.abs(a[i]!)) * (1 - Math.abs(a[i]!));
  },
};

export const activationLoops`,
    );
    await copy.replace(formulas, '  silu,\n} as', '  silu,\n  softsign,\n} as');
    const simd = 'kernels/activations.ts';
    await copy.insertAfter(simd, 'const SILU: i32 = 7;\n', 'const SOFTSIGN: i32 = 8;\n');
    await copy.insertAfter(
      simd,
      'return f32x4.mul(z, sigmoid(z));\n',
      '    case SOFTSIGN:\n      return f32x4.div(z, f32x4.add(f32x4.splat(1), f32x4.abs(z)));\n',
    );
    await copy.replace(
      simd,
      '    default:\n      return da;\n',
      `    case SOFTSIGN: {
      const rest = f32x4.sub(one, f32x4.abs(a));
      return f32x4.mul(da, f32x4.mul(rest, rest));
    }
    default:
      return da;
`,
    );
    for (const [loop, args] of [
      ['forwardLoop', 'constant, z, a, N, H'],
      ['backwardLoop', 'constant, z, a, da, dz, N, H'],
    ] as const) {
      await copy.insertAfter(
        simd,
        `return ${loop}(SILU, ${args});\n`,
        `    case SOFTSIGN:\n      return ${loop}(SOFTSIGN, ${args});\n`,
      );
    }
    const native = 'kernels/native/layers.h';
    await copy.replace(native, 'ELU, GELU, SILU };', 'ELU, GELU, SILU, SOFTSIGN };');
    await copy.insertAfter(
      native,
      '    case SILU: return z * sigmoid(z);\n',
      '    case SOFTSIGN: return z / (1.0f + absolute(z));\n',
    );
    await copy.replace(
      native,
      '    default: return da;\n',
      `    case SOFTSIGN: {
      vf rest = 1.0f - absolute(a);
      return da * (rest * rest);
    }
    default: return da;
`,
    );
    await copy.insertAfter(
      native,
      '    case SILU: loop(SILU); break;            \\\n',
      '    case SOFTSIGN: loop(SOFTSIGN); break;    \\\n',
    );
    await copy.insertAfter(
      'src/nn/kernels/float32-functions.ts',
      '    silu: (z) => round(z * sigmoid(z)),\n',
      '    softsign: (z) => round(z / round(1 + Math.abs(z))),\n',
    );
    await copy.insertAfter(
      'src/models/onnx/onnx.ts',
      "      return graph.add('Relu', [z]);\n",
      "    case 'softsign':\n      return graph.add('Softsign', [z]);\n",
    );
    await copy.insertAfter(
      'test/unit/nn/kernels-plain.test.ts',
      '    silu: (x: number) => x / (1 + Math.exp(-x)),\n',
      '    softsign: (x: number) => x / (1 + Math.abs(x)),\n',
    );
  },
};

export const hyperparameter: Recipe = {
  title: 'A hyperparameter',
  most: 3,
  names: {},
  follow: async (copy) => {
    await copy.insertAfter(
      'src/domain/specification/hyperparameters.ts',
      'export const hyperparameterTable = {\n',
      "  adamEpsilon: { kind: 'float', min: 0, above: true, max: 1e6, fallback: 1e-8, about: 'For adam: added to the root' },\n",
    );
    await copy.insertAfter(
      'src/compute/trial.ts',
      'export interface TrialSettings {\n',
      '  readonly adamEpsilon: number;\n',
    );
    const options = 'src/compute/trial-options.ts';
    await copy.replace(
      options,
      'function shapeOf(',
      `function withEpsilon(optimizer: Optimizer, epsilon: number): Optimizer {
  return optimizer.type === 'adam' || optimizer.type === 'adamw' ? { ...optimizer, epsilon } : optimizer;
}

function shapeOf(`,
    );
    await copy.replace(
      options,
      'optimizer: optimizerOf(settings),',
      'optimizer: withEpsilon(optimizerOf(settings), settings.adamEpsilon),',
    );
    await copy.replace(options, 'import { optimizerOf }', 'import { type Optimizer, optimizerOf }');
  },
};
