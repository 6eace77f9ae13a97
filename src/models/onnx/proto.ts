/**
 * The messages of ONNX that a model needs, in the binary format of protocol buffers. Field numbers are those of onnx.proto (ONNX IR version 7);
 * they never change. See docs/decisions/0023-model-files.md for why this is no generated code.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** TensorProto.DataType */
export const dataTypes = { float: 1, int64: 7, string: 8, bool: 9, double: 11 } as const;
export type DataType = keyof typeof dataTypes;

export type Attribute = { readonly name: string } & (
  | { readonly float: number }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly strings: readonly string[] }
);

export interface Node {
  readonly operator: string;
  /** '' for the operators of ONNX itself. */
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly Attribute[];
}

export interface Tensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array | readonly string[];
}

/** An input or output of the graph; a dimension is a number or the name of one that varies. */
export interface Value {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly (number | string)[];
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly initializers: readonly Tensor[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

export interface OnnxModel {
  readonly graph: Graph;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly documentation: string;
}

const IR_VERSION = 7;
const encoder = new TextEncoder();

/** Writes the fields of one message. */
class Message {
  readonly #writer: BinaryWriter;

  constructor(writer: BinaryWriter) {
    this.#writer = writer;
  }

  integer(field: number, value: number): void {
    this.#writer.tag(field, WireType.Varint).int64(value);
  }

  float(field: number, value: number): void {
    this.#writer.tag(field, WireType.Bit32).float(value);
  }

  text(field: number, value: string): void {
    this.#writer.tag(field, WireType.LengthDelimited).string(value);
  }

  bytes(field: number, value: Uint8Array): void {
    this.#writer.tag(field, WireType.LengthDelimited).bytes(value);
  }

  message(field: number, write: (message: Message) => void): void {
    this.#writer.tag(field, WireType.LengthDelimited).fork();
    write(this);
    this.#writer.join();
  }
}

export function encodeOnnx({ graph, opsets, metadata, documentation }: OnnxModel): Uint8Array {
  const writer = new BinaryWriter();
  const model = new Message(writer);
  model.integer(1, IR_VERSION);
  model.text(2, 'hypersearch');
  model.text(6, documentation);
  model.message(7, () => writeGraph(model, graph));
  for (const { domain, version } of opsets) {
    model.message(8, (opset) => {
      opset.text(1, domain);
      opset.integer(2, version);
    });
  }
  for (const [key, value] of Object.entries(metadata)) {
    model.message(14, (entry) => {
      entry.text(1, key);
      entry.text(2, value);
    });
  }
  return writer.finish();
}

function writeGraph(to: Message, { name, nodes, initializers, inputs, outputs }: Graph): void {
  for (const node of nodes) to.message(1, () => writeNode(to, node));
  to.text(2, name);
  for (const tensor of initializers) to.message(5, () => writeTensor(to, tensor));
  for (const input of inputs) to.message(11, () => writeValue(to, input));
  for (const output of outputs) to.message(12, () => writeValue(to, output));
}

function writeNode(to: Message, { operator, domain, name, inputs, outputs, attributes }: Node): void {
  for (const input of inputs) to.text(1, input);
  for (const output of outputs) to.text(2, output);
  to.text(3, name);
  to.text(4, operator);
  for (const attribute of attributes) to.message(5, () => writeAttribute(to, attribute));
  to.text(7, domain);
}

function writeAttribute(to: Message, attribute: Attribute): void {
  to.text(1, attribute.name);
  if ('float' in attribute) {
    to.float(2, attribute.float);
    to.integer(20, 1);
  } else if ('int' in attribute) {
    to.integer(3, attribute.int);
    to.integer(20, 2);
  } else if ('ints' in attribute) {
    for (const value of attribute.ints) to.integer(8, value);
    to.integer(20, 7);
  } else {
    for (const value of attribute.strings) to.bytes(9, encoder.encode(value));
    to.integer(20, 8);
  }
}

function typeOf(data: Exclude<Tensor['data'], readonly string[]>): DataType {
  if (data instanceof Float32Array) return 'float';
  return data instanceof Float64Array ? 'double' : 'int64';
}

/** Numbers are little-endian bytes, as in memory. */
function writeTensor(to: Message, { name, dims, data }: Tensor): void {
  for (const dim of dims) to.integer(1, dim);
  if (ArrayBuffer.isView(data)) {
    to.integer(2, dataTypes[typeOf(data)]);
    to.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  } else {
    to.integer(2, dataTypes.string);
    for (const text of data) to.bytes(6, encoder.encode(text));
  }
  to.text(8, name);
}

function writeValue(to: Message, { name, type, dims }: Value): void {
  to.text(1, name);
  to.message(2, () =>
    to.message(1, () => {
      to.integer(1, dataTypes[type]);
      to.message(2, () => {
        for (const dim of dims) {
          to.message(1, () => (typeof dim === 'number' ? to.integer(1, dim) : to.text(2, dim)));
        }
      });
    }),
  );
}
