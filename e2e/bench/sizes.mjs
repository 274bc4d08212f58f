// What a visitor downloads: every file of the built page, raw and as a host compresses it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

import { table } from '../lib/table.mjs';

const folder = process.argv[2];
const kilobytes = (bytes) => `${(bytes / 1_000).toFixed(1)} kB`;

const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => {
    const content = readFileSync(join(entry.parentPath ?? entry.path, entry.name));
    return { name: entry.name, raw: content.length, brotli: brotliCompressSync(content).length };
  })
  .sort((a, b) => b.raw - a.raw);
const sum = (key) => files.reduce((total, file) => total + file[key], 0);
const rows = files.map((file) => [file.name, kilobytes(file.raw), kilobytes(file.brotli)]);
console.log(table(['file', 'raw', 'brotli'], [...rows, ['all', kilobytes(sum('raw')), kilobytes(sum('brotli'))]]));
