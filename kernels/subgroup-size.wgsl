// The size of the subgroups that this adapter really runs: smallest[0] = min, largest[0] = max over all invocations.
// Tolerance: 0, exact. Cost: one workgroup or a few, once a device.
enable subgroups;

@group(0) @binding(0) var<storage, read_write> smallest : atomic<u32>;
@group(0) @binding(1) var<storage, read_write> largest : atomic<u32>;

@compute @workgroup_size(64)
fn main(@builtin(subgroup_size) size : u32) {
  atomicMin(&smallest, size);
  atomicMax(&largest, size);
}
