/** Arrays of numbers, in the precision of the kernels. */
export type FloatArray = Float32Array | Float64Array;
