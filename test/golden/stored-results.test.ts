/** Data sets and results that were stored once are read, and computed again, with the same bits for ever. */
import { describe, expect, it } from 'vitest';
import { createInlineCore } from '../../src/compute/inline-core.ts';
import { resultOf } from '../../src/compute/trial.ts';
import { loadBuiltin } from '../../src/data/builtin.ts';
import { datasetFromCsv } from '../../src/data/csv-dataset.ts';
import type { CsvOptions } from '../../src/data/csv-table.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import type { Preprocessing } from '../../src/data/preprocess.ts';
import { fallbacks, settingsOf } from '../../src/domain/specification/hyperparameters.ts';

const rows = (line: (i: number) => string) => Array.from({ length: 14 }, (_, i) => line(i)).join('\n');

/** Files as the first version read them: with commas and a header, `none` missing everywhere, in float32. */
const files: readonly (readonly [what: string, text: string, options: Partial<CsvOptions>, hash: string])[] = [
  [
    'numbers that float32 rounds',
    `a,b,t\n${rows((i) => `${i / 10},${1e8 + i},${i % 2}`)}`,
    {},
    '226ea2059dc01abf3cc781191d951e22b0070e76ddea38411509196bcfaffcb7',
  ],
  [
    'a target that float32 rounds',
    `a,t\n${rows((i) => `${i},${1e8 + i + 0.1}`)}`,
    {},
    'cebdec3ca100236edcabe40637d49d423a575f966504887d101f906ffd7f5f78',
  ],
  [
    'spellings of one number',
    `a,t\n${rows((i) => `${i},${['1', '1.0', '01'][i % 3]}`)}`,
    { task: 'classification' },
    'fe71523cd6b6f78ac6baec367db612490460898526548e49bb62b5de50ab34c9',
  ],
  [
    'a space before a quote',
    `a,w,t\n${rows((i) => `${i}, "x${i % 2}",${i % 2}`)}`,
    {},
    'ef3d518787c85d7f6af5ff8b3735b2d364f0a2cf12c19efd1ecbf28700614435',
  ],
  [
    'gaps that are filled',
    `a,w,t\n${rows((i) => `${i % 5 ? i : 'none'},${i % 4 ? 'red' : 'None'},${i % 2}`)}`,
    { missing: 'fill' },
    '481c90db5a578b28ee03cc85c51aa1ad0a315891df50058cfd2a05ff9192c309',
  ],
  [
    'rows that are left out',
    `a,w,t\n${rows((i) => `${i},${i % 7 ? 'red' : 'none'},${i % 2}`)}`,
    { missing: 'drop' },
    '6b55b02b2aa0c8f9c52f3dfff98965749181d2c9a297ee6f4c972860a3829106',
  ],
  [
    'dots and dashes as words',
    `w,t\n${rows((i) => `${['.', '-', '<NA>'][i % 3]},${i % 2}`)}`,
    {},
    '23ed54e685f04b62387f337e95ca7c73995358da2a7c9644df56b8ac3c5d2ba4',
  ],
  [
    'a long name and a long word',
    `${'n'.repeat(300)},w,t\n${rows((i) => `${i},${i % 2 ? 'x'.repeat(150_000) : 'y'},${i % 2}`)}`,
    {},
    'b72a8f7252b3478a103218d193a288d404cb25130b8150bf8344fc927c5da0a4',
  ],
  [
    'lines that begin with #',
    `#,t\n${rows((i) => `#${i % 2},${i % 2}`)}`,
    {},
    '75296a72034241de6f2163a4dbe04fea6ae94fbd1d08f33c33660508c4a5ac76',
  ],
];

describe('a file that was uploaded to the first version', () => {
  it.each(files)('%s: the same data set', (_what, text, options, hash) => {
    expect(datasetFromCsv(text, { name: 'stored', ...options }).hash).toBe(hash);
  });
});

async function resultHash(dataset: Dataset, preprocessing: Preprocessing): Promise<string> {
  const core = createInlineCore('plain');
  const end = await core.run({
    settings: settingsOf({ ...fallbacks, preprocessing, epochs: 2, hiddenUnits: 5, hiddenLayers: 1 }, {}),
    dataset,
    validation: { type: 'holdout', fraction: 0.2 },
    metric: 'validationLoss',
    direction: 'minimize',
    divergence: true,
    seed: 5,
    trial: 3,
  });
  await core.close();
  return resultOf(end).resultHash;
}

describe('a trial on a built-in data set', () => {
  it.each([
    [
      'digits',
      'e9a4243eb0c09b49d2064b4a0be8eaa8d61c70aeed9be392b3467551fd5807c6',
      '2efc21764257fbe8',
      '17481beb5ac06727',
      '5d29218968ecb831',
    ],
    [
      'iris',
      '421030063ec4dd4a8266435d440cdf6120461377fd356e6211ad2500558bb7e9',
      '256fc4a48eb68a1e',
      '506356af1ba3623f',
      'de97b4ed25dd7c0c',
    ],
    [
      'wine',
      '46d8459a98897a1cf8a2be94b246dd3507b1bcbc05c63324527e0846ac2a4049',
      '89b3a507dd032f8d',
      'e75aedeca246b61b',
      'ce237a14d46fa040',
    ],
    [
      'diabetes',
      '4a95db18bb8fa5b3258c47a0e610977eb605301a4d8d329d7dc0d0fc547cbd20',
      'ff3612fe7b4ad7c5',
      '4fabbc6b3375338e',
      '2f93c0f901a7bb0e',
    ],
    [
      'moons',
      'b16d5faa3c3e30af0ed286bfb2713f7e28d4a1ff0651f0480b181b452504ed54',
      '8484cd04b4d07e35',
      '2d0ffb4824e1ec4c',
      '3de15a4f1a18edb0',
    ],
    [
      'rings',
      '580ea9178499e625d215be25494da36003082a453a8114e1d13a61e86f8b1d52',
      '8a8e4e6fa1bf78ca',
      '59958b6fb3f0c4e8',
      '288d4f93dd97208f',
    ],
    [
      'spiral',
      'a2f684d5df1aeaef6da452aac6397ed787c487b334115fc29dc2beffbdcaabb0',
      '87b64160cef43afd',
      '9deca0e017d2b1b0',
      '8eba155262876885',
    ],
  ])('%s has the result it always had', async (name, hash, ...results) => {
    const dataset = loadBuiltin(name, 'datasets')!;
    const got = [];
    for (const preprocessing of ['none', 'center', 'standardize'] as const) {
      got.push((await resultHash(dataset, preprocessing)).slice(0, 16));
    }
    expect([dataset.hash, ...got]).toEqual([hash, ...results]);
  });
});
