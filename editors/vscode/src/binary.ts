// Where the `curlew` program is: the setting, then PATH, then the one inside the extension.

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const programName = process.platform === 'win32' ? 'curlew.exe' : 'curlew';

export interface Binary {
  readonly path: string;
  readonly from: 'setting' | 'PATH' | 'extension';
}

/** Throws an Error that names every place looked at. */
export function findBinary(setting: string, extensionFolder: string): Binary {
  if (setting !== '') {
    const wanted = setting.startsWith('~/') ? path.join(os.homedir(), setting.slice(2)) : setting;
    if (isProgram(wanted)) return { path: wanted, from: 'setting' };
    throw new Error(`curlew.server.path: ${wanted} is not a program that can be run`);
  }
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    const candidate = path.join(folder, programName);
    if (isProgram(candidate)) return { path: candidate, from: 'PATH' };
  }
  const bundled = path.join(extensionFolder, 'bin', programName);
  if (isProgram(bundled)) return { path: bundled, from: 'extension' };
  throw new Error(`no ${programName} on PATH or at ${bundled}; set curlew.server.path to it`);
}

function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
