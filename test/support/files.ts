/** Small files with the properties of real ones, and what must come of them: each is a row of the table in docs/files.md. */
import { gzipSync } from 'node:zlib';
import type { FileCase } from './file-case.ts';
import { typedFileCases } from './typed-files.ts';

/** A number in [0, 1) for a row and a column, the same in every run. */
const noise = (i: number, k: number) => ((i * 7919 + k * 104_729 + 13) % 997) / 997;
const lines = (rows: number, line: (i: number) => string, header?: string) =>
  `${[...(header === undefined ? [] : [header]), ...Array.from({ length: rows }, (_, i) => line(i))].join('\n')}\n`;
const text = (contents: string) => Buffer.from(contents);
const kind = (i: number) => ['large', 'small'][i % 2]!;
const decimal = (i: number, k: number) => (noise(i, k) * 9 + 1).toFixed(2);
const comma = (i: number, k: number) => decimal(i, k).replace('.', ',');

const plain = lines(40, (i) => `${decimal(i, 1)},${decimal(i, 2)},${kind(i)}`, 'length,width,kind');
const plainColumns = { columns: ['length', 'width', 'kind'], rows: 40, inputs: 2, classes: ['large', 'small'] };
const german = lines(
  30,
  (i) => `${comma(i, 1)};1.${String(200 + i)},50;Müller;${i % 3 ? 'groß' : 'klein'}`,
  'Länge;Preis;Straße;Größe',
);
const latin1 = (contents: string) => Buffer.from(contents.replaceAll('€', '\u0080'), 'latin1');
const cars = (i: number) =>
  `${decimal(i, 1)}   ${4 + 2 * (i % 3)}   ${i % 6 === 2 ? '?' : `${90 + i}.0`}      ${2000 + i * 3}.\t"car ${i % 4}"`;
const census = (i: number) =>
  `${20 + (i % 50)}, ${['Private', 'State-gov', '?'][i % 3]}, ${1000 + i * 7}, ${i % 4 ? '<=50K' : '>50K'}`;
const wide = 2000;

const delimitedFileCases: readonly FileCase[] = [
  { kind: 'commas, header', file: text(plain), reading: { delimiter: 'comma', header: true }, ...plainColumns },
  {
    kind: 'semicolons',
    file: text(plain.replaceAll(',', ';')),
    reading: { delimiter: 'semicolon', decimal: 'point' },
    ...plainColumns,
  },
  { kind: 'tabs (TSV)', file: text(plain.replaceAll(',', '\t')), reading: { delimiter: 'tab' }, ...plainColumns },
  { kind: 'vertical bars', file: text(plain.replaceAll(',', '|')), reading: { delimiter: 'pipe' }, ...plainColumns },
  { kind: 'spaces', file: text(plain.replaceAll(',', '  ')), reading: { delimiter: 'space' }, ...plainColumns },
  {
    kind: 'a `sep=` line',
    file: text(`sep=;\r\n${plain.replaceAll(',', ';').replaceAll('\n', '\r\n')}`),
    reading: { delimiter: 'semicolon' },
    ...plainColumns,
  },
  {
    kind: 'comment lines',
    file: text(`# measured in May, by hand\n# in cm\n${plain}`),
    reading: { comment: '#' },
    ...plainColumns,
  },
  {
    kind: 'a title above the table',
    file: text(`Measurements\n\nMay 2024\n${plain}`),
    reading: { skip: 2 },
    ...plainColumns,
  },
  {
    kind: 'single quotes',
    file: text(plain.replaceAll(/(large|small)/g, "'$1'")),
    reading: { quote: 'single' },
    ...plainColumns,
  },
  {
    kind: 'quoted newlines, commas and quotes',
    file: text(
      lines(
        30,
        (i) => `${i % 2 ? '"one,\nline ""more"""' : '"two"'},${decimal(i, 1)},${kind(i)}`,
        '"a ""note""",x,kind',
      ),
    ),
    columns: ['a "note"', 'x', 'kind'],
    rows: 30,
    inputs: 3,
    classes: ['large', 'small'],
    hints: ['copyOfTarget'],
  },
  {
    kind: 'UTF-8 with a byte order mark',
    file: text(`\ufeff${plain}`),
    reading: { encoding: 'utf-8' },
    ...plainColumns,
  },
  {
    kind: 'UTF-16 with a byte order mark (Excel’s “Unicode text”)',
    file: Buffer.from(`\ufeff${plain.replaceAll(',', '\t')}`, 'utf16le'),
    reading: { encoding: 'utf-16le', delimiter: 'tab' },
    ...plainColumns,
  },
  {
    kind: 'UTF-16 without a mark',
    file: Buffer.from(plain, 'utf16le'),
    reading: { encoding: 'utf-16le' },
    ...plainColumns,
  },
  { kind: 'gzip', file: gzipSync(plain), reading: { compression: 'gzip' }, ...plainColumns },
  {
    kind: 'Excel in a German locale: semicolons, decimal commas, thousands, Windows-1252',
    file: latin1(german.replaceAll('Müller', '5 €').replace('Preis', 'Preis in €')),
    reading: { delimiter: 'semicolon', decimal: 'comma', thousands: 'point', encoding: 'windows-1252' },
    columns: ['Länge', 'Preis in €', 'Straße', 'Größe'],
    rows: 30,
    inputs: 3,
    classes: ['groß', 'klein'],
    hints: ['constant'],
    first: [Number(decimal(0, 1)), 1200.5, 1],
  },
  {
    kind: '`encoding=` for another encoding',
    file: Buffer.concat([
      text('a,b,'),
      Buffer.from([0xea, 0xeb, 0xe0, 0xf1, 0xf1]),
      text(`\n${lines(20, (i) => `${i % 7},${decimal(i, 2)},${kind(i)}`)}`),
    ]),
    asked: { encoding: 'windows-1251' },
    reading: { encoding: 'windows-1251' },
    columns: ['a', 'b', 'класс'],
    rows: 20,
    inputs: 2,
    classes: ['large', 'small'],
  },
  {
    kind: 'thousands with commas',
    file: text(lines(20, (i) => `"${1 + (i % 9)},${200 + i}",${decimal(i, 1)},${kind(i)}`, 'price,x,kind')),
    reading: { thousands: 'comma', decimal: 'point' },
    columns: ['price', 'x', 'kind'],
    rows: 20,
    inputs: 2,
    classes: ['large', 'small'],
    first: [1200, Number(decimal(0, 1))],
  },
  {
    kind: 'decimal commas in quotes, between commas',
    file: text(lines(20, (i) => `"${comma(i, 1)}","${comma(i, 2)}",${kind(i)}`, 'a,b,kind')),
    reading: { delimiter: 'comma', decimal: 'comma' },
    columns: ['a', 'b', 'kind'],
    rows: 20,
    inputs: 2,
    classes: ['large', 'small'],
    first: [Number(decimal(0, 1)), Number(decimal(0, 2))],
  },
  {
    kind: 'thousands with apostrophes (Swiss)',
    file: text(lines(20, (i) => `${1 + (i % 9)}'${200 + i}.50;${decimal(i, 1)};${kind(i)}`, 'price;x;kind')),
    reading: { thousands: 'apostrophe', decimal: 'point', delimiter: 'semicolon', quote: 'double' },
    columns: ['price', 'x', 'kind'],
    rows: 20,
    inputs: 2,
    classes: ['large', 'small'],
    first: [1200.5, Number(decimal(0, 1))],
  },
  {
    kind: 'thousands with spaces that do not break (French)',
    file: text(lines(20, (i) => `${1 + (i % 9)}\u00a0${200 + i},5;${comma(i, 1)};${kind(i)}`, 'prix;x;kind')),
    reading: { thousands: 'space', decimal: 'comma', delimiter: 'semicolon' },
    columns: ['prix', 'x', 'kind'],
    rows: 20,
    inputs: 2,
    classes: ['large', 'small'],
    first: [1200.5, Number(decimal(0, 1))],
  },
  {
    kind: 'R `write.csv` (row names under `""`)',
    file: text(
      lines(
        24,
        (i) => `"${i + 1}",${decimal(i, 1)},${i % 5 === 1 ? 'NA' : decimal(i, 2)},"${kind(i)}"`,
        '"","a","b","kind"',
      ),
    ),
    asked: { missing: 'fill', ignore: ['column1'] },
    columns: ['column1', 'a', 'b', 'kind'],
    rows: 24,
    inputs: 3,
    classes: ['large', 'small'],
  },
  {
    kind: 'R `write.csv2` (semicolons, decimal commas)',
    file: text(lines(24, (i) => `"${i + 1}";${comma(i, 1)};${comma(i, 2)};"${kind(i)}"`, '"";"a";"b";"kind"')),
    reading: { delimiter: 'semicolon', decimal: 'comma' },
    columns: ['column1', 'a', 'b', 'kind'],
    rows: 24,
    inputs: 3,
    classes: ['large', 'small'],
    hints: ['nameless'],
  },
  {
    kind: 'R `write.table` (no name above the row names)',
    file: text(lines(24, (i) => `"${i + 1}" ${decimal(i, 1)} ${decimal(i, 2)} "${kind(i)}"`, '"a" "b" "kind"')),
    reading: { delimiter: 'space' },
    columns: ['column1', 'a', 'b', 'kind'],
    rows: 24,
    inputs: 3,
    classes: ['large', 'small'],
    hints: ['nameless'],
  },
  {
    kind: 'pandas with its index',
    file: text(lines(24, (i) => `${i},${decimal(i, 1)},${decimal(i, 2)},${kind(i)}`, ',a,b,kind')),
    columns: ['column1', 'a', 'b', 'kind'],
    rows: 24,
    inputs: 3,
    classes: ['large', 'small'],
    hints: ['nameless'],
  },
  {
    kind: 'pandas with numbers as names (0, 1, 2, …)',
    file: text(lines(24, (i) => `${decimal(i, 1)},${decimal(i, 2)},${decimal(i, 3)},${kind(i)}`, '0,1,2,kind')),
    reading: { header: true },
    columns: ['0', '1', '2', 'kind'],
    rows: 24,
    inputs: 3,
    classes: ['large', 'small'],
  },
  {
    kind: 'NumPy `savetxt` (names behind #)',
    file: text(lines(24, (i) => `${decimal(i, 1)} ${decimal(i, 2)} ${i % 2}.0`, '# a b kind')),
    reading: { delimiter: 'space', comment: 'none' },
    columns: ['a', 'b', 'kind'],
    rows: 24,
    inputs: 2,
    classes: ['0', '1'],
  },
  {
    kind: 'UCI headerless, spaces after commas',
    file: text(lines(30, census)),
    asked: { missing: 'fill' },
    reading: { header: false, delimiter: 'comma' },
    columns: ['column1', 'column2', 'column3', 'column4'],
    rows: 30,
    inputs: 5,
    classes: ['<=50K', '>50K'],
    hints: ['headerless'],
  },
  {
    kind: 'headerless, words alone (mushrooms)',
    file: text(lines(40, (i) => `${'ep'[i % 2]},${'xbfs'[i % 4]},${'nyw'[i % 3]},${'tf'[(i >> 2) % 2]}`)),
    asked: { target: 'column1' },
    reading: { header: false },
    columns: ['column1', 'column2', 'column3', 'column4'],
    rows: 40,
    inputs: 9,
    classes: ['e', 'p'],
    hints: ['headerless'],
  },
  {
    kind: 'whitespace-separated with `?` (UCI auto-mpg)',
    file: text(lines(30, cars)),
    asked: { missing: 'fill', target: 'column1' },
    reading: { delimiter: 'space', header: false },
    columns: ['column1', 'column2', 'column3', 'column4', 'column5'],
    rows: 30,
    inputs: 8,
    classes: [],
    hints: ['headerless'],
  },
  {
    kind: '-200 as missing (UCI air quality), empty columns at the end of the lines',
    file: text(
      lines(
        30,
        (i) => `${i % 6 === 4 ? '-200' : comma(i, 1)};${comma(i, 2)};${i % 10 === 7 ? -200 : comma(i, 3)};;`,
        'CO;NOx;NO2;;',
      ),
    ),
    asked: { missing: 'fill', missingValues: ['-200'] },
    reading: { delimiter: 'semicolon', decimal: 'comma' },
    columns: ['CO', 'NOx', 'NO2'],
    rows: 27,
    inputs: 3,
    classes: [],
  },
  {
    kind: 'the usual spellings of missing',
    file: text(
      lines(
        28,
        (i) =>
          `${['NA', 'N/A', '#N/A', 'NaN', '-nan', 'null', 'None', '<NA>', '?', '.', '-', ''][i] ?? decimal(i, 1)},${decimal(i, 2)},${kind(i)}`,
        'gappy,x,kind',
      ),
    ),
    asked: { missing: 'fill' },
    columns: ['gappy', 'x', 'kind'],
    rows: 28,
    inputs: 3,
    classes: ['large', 'small'],
  },
  {
    kind: '`None` as a word among words',
    file: text(lines(60, (i) => `${i % 5 === 0 ? 'Sunroof' : 'None'},${decimal(i, 2)},${kind(i)}`, 'extra,x,kind')),
    columns: ['extra', 'x', 'kind'],
    rows: 60,
    inputs: 3,
    classes: ['large', 'small'],
    hints: ['noneAsWord'],
  },
  {
    kind: 'missing in one column only',
    file: text(
      lines(
        30,
        (i) => `${i % 5 === 0 ? 'none' : 'some'},${i % 7 ? i % 3 : 99},${decimal(i, 2)},${kind(i)}`,
        'a,b,x,kind',
      ),
    ),
    asked: { missing: 'drop', missingIn: ['a=none', 'b=99'] },
    columns: ['a', 'b', 'x', 'kind'],
    rows: 20,
    inputs: 3,
    classes: ['large', 'small'],
    hints: ['constant'],
  },
  {
    kind: 'gaps in the target and in inputs',
    file: text(
      lines(30, (i) => `${i % 5 ? decimal(i, 1) : ''},${decimal(i, 2)},${i % 10 === 3 ? 'NA' : kind(i)}`, 'a,b,kind'),
    ),
    asked: { missing: 'fill' },
    columns: ['a', 'b', 'kind'],
    rows: 27,
    inputs: 3,
    classes: ['large', 'small'],
  },
  {
    kind: 'one class in several spellings of a number',
    file: text(
      lines(30, (i) => `${decimal(i, 1)},${decimal(i, 2)},${['1', '1.0', '2', '2.00', '+1'][i % 5]}`, 'a,b,grade'),
    ),
    columns: ['a', 'b', 'grade'],
    rows: 30,
    inputs: 2,
    classes: ['1', '2'],
  },
  {
    kind: 'codes that begin with 0',
    file: text(lines(30, (i) => `${['01', '1', '02'][i % 3]},${decimal(i, 2)},${kind(i)}`, 'code,x,kind')),
    asked: { category: ['code'] },
    columns: ['code', 'x', 'kind'],
    rows: 30,
    inputs: 4,
    classes: ['large', 'small'],
  },
  {
    kind: 'spaces around names',
    file: text(plain.replace('length,width,kind', ' length , width,kind ')),
    ...plainColumns,
  },
  {
    kind: 'two columns of one name',
    file: text(plain.replace('length,width', 'size,size')),
    ...plainColumns,
    columns: ['size', 'size (2)', 'kind'],
    hints: ['renamed'],
  },
  {
    kind: 'more than 100 words',
    file: text(lines(240, (i) => `town ${i % 173},${decimal(i, 2)},${kind(i)}`, 'town,x,kind')),
    asked: { frequent: ['town'] },
    columns: ['town', 'x', 'kind'],
    rows: 240,
    inputs: 100 + 1 + 1,
    classes: ['large', 'small'],
  },
  {
    kind: '25 whole numbers as target',
    file: text(lines(100, (i) => `${decimal(i, 1)},${decimal(i, 2)},${i % 25}`, 'a,b,letter')),
    asked: { task: 'classification' },
    columns: ['a', 'b', 'letter'],
    rows: 100,
    inputs: 2,
    classes: Array.from({ length: 25 }, (_, i) => String(i)),
    hints: ['fewRowsOfClass'],
  },
  {
    kind: `${wide.toLocaleString('en')} columns`,
    file: text(
      lines(
        30,
        (i) =>
          [
            ...Array.from({ length: wide - 1 }, (_, k) => (noise(i, k) + (k === 7 ? i % 2 : 0)).toFixed(3)),
            kind(i),
          ].join(','),
        [...Array.from({ length: wide - 1 }, (_, k) => `gene${k}`), 'kind'].join(','),
      ),
    ),
    columns: [...Array.from({ length: wide - 1 }, (_, k) => `gene${k}`), 'kind'],
    rows: 30,
    inputs: wide - 1,
    classes: ['large', 'small'],
  },
  {
    kind: '12 rows',
    file: text(lines(12, (i) => `${decimal(i, 1)},${decimal(i, 2)},${kind(i)}`, 'a,b,kind')),
    columns: ['a', 'b', 'kind'],
    rows: 12,
    inputs: 2,
    classes: ['large', 'small'],
  },
  {
    kind: 'unbalanced 99:1',
    file: text(lines(400, (i) => `${decimal(i, 1)},${decimal(i, 2)},${i % 100 === 50 ? 'fraud' : 'fine'}`, 'a,b,kind')),
    columns: ['a', 'b', 'kind'],
    rows: 400,
    inputs: 2,
    classes: ['fine', 'fraud'],
    hints: ['fewRowsOfClass', 'unbalanced'],
  },
  {
    kind: 'numbers near 1e8 that differ by 1',
    file: text(lines(40, (i) => `${100_000_001 + (i % 8)},${decimal(i, 2)},${kind(i)}`, 'serial,x,kind')),
    columns: ['serial', 'x', 'kind'],
    rows: 40,
    inputs: 2,
    classes: ['large', 'small'],
    first: [100_000_001, Number(decimal(0, 2))],
  },
];

export const fileCases: readonly FileCase[] = [...delimitedFileCases, ...typedFileCases];
