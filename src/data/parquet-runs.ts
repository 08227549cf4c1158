/** One of the runs and packed groups that levels and places in a dictionary are stored as. */
interface Section {
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
}

/**
 * Goes over values in Parquet's "RLE / bit-packing hybrid" without keeping them: the library that decodes them writes as many
 * as a run says, whatever there is room for.
 * @param width bits a value
 * @param count how many values there are; those that fill up the last packed group are not looked at
 * @param most the largest value that may occur
 * @returns how many of the values are `most`
 * @throws Error when a run has more values than are left, a value is larger, or the section ends too early
 */
export function checkRuns({ view, start, end }: Section, width: number, count: number, most: number): number {
  if (width > 32) throw new Error(`values of ${width} bits`);
  let at = start;
  const byte = (): number => {
    if (at >= end) throw new Error(`a page ends before its ${count} values`);
    return view.getUint8(at++);
  };
  let left = count;
  let found = 0;
  while (left > 0) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const part = byte();
      header += (part & 0x7f) * 2 ** shift;
      if (part < 0x80) break;
      if (shift > 28) throw new Error('a run without a length');
    }
    const values = header % 2 === 1 ? Math.min(left, ((header - 1) / 2) * 8) : header / 2;
    if (values > left) throw new Error(`a run of ${values} values where ${left} are left`);
    if (width === 0) {
      if (header % 2 === 1 && (header - 1) / 2 > Math.ceil(left / 8)) throw new Error('a packed run without end');
      found += most === 0 ? values : 0;
    } else if (header % 2 === 0) {
      let value = 0;
      for (let shift = 0; shift < width; shift += 8) value += byte() * 2 ** shift;
      if (value > most) throw new Error(`the value ${value} where ${most} is the largest`);
      found += value === most ? values : 0;
    } else {
      const packed = at;
      at = Math.min(end, packed + ((header - 1) / 2) * width);
      found += checkPacked({ view, start: packed, end: at }, width, values, most);
    }
    left -= values;
  }
  return found;
}

function checkPacked({ view, start, end }: Section, width: number, count: number, most: number): number {
  if (start + Math.ceil((count * width) / 8) > end) throw new Error(`a packed run ends before its ${count} values`);
  let found = 0;
  for (let index = 0; index < count; index++) {
    let value = 0;
    for (let bit = index * width, got = 0; got < width; ) {
      const take = Math.min(8 - (bit % 8), width - got);
      const part = (view.getUint8(start + (bit >>> 3)) >>> (bit % 8)) & ((1 << take) - 1);
      value += part * 2 ** got;
      bit += take;
      got += take;
    }
    if (value > most) throw new Error(`the value ${value} where ${most} is the largest`);
    if (value === most) found++;
  }
  return found;
}
