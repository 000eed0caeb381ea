#!/usr/bin/env python3
"""How well our scopes agree with the languages' own.

    compare_scopes.py DUMP_SCOPES LANGUAGE FOLDER [--files N] [--show N]

For every name in a sample of FOLDER's files, the language's own tools say which local variable or parameter it is,
or that it is none; so does DUMP_SCOPES (tests/indexer/tools). They agree where both say "no local", or both lead
to the same place of definition. Oracles: python: ast and symtable; typescript, javascript: the checker of the
compiler in editors/vscode/node_modules; go: go/parser's objects; c, cpp: clang's syntax tree.
"""
import argparse
import ast
import json
import os
import random
import subprocess
import symtable
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EXTENSIONS = {"python": (".py",), "typescript": (".ts",), "javascript": (".js", ".mjs"), "go": (".go",), "c": (".c",),
              "cpp": (".cpp", ".cc", ".cxx")}


class PythonOracle(ast.NodeVisitor):
    """byte -> byte of the definition, or None for a name that is no local."""

    def __init__(self, text):
        lines = text.split(b"\n")
        self.starts = [0]
        for line in lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.tables = [symtable.symtable(text, "x.py", "exec")]
        self.taken = {}
        self.uses = []  # (byte, key or None, binds)
        self.visit(ast.parse(text))

    def answers(self):
        first = {}
        for byte, key, binds in self.uses:
            if key and binds:
                first[key] = min(byte, first.get(key, byte))
        # Bound by an import or def alone: its byte is not in the tree, so only that it is a local is compared.
        return {byte: (first.get(key, -1) if key else None) for byte, key, _ in self.uses}

    def owner(self, name):
        for depth, table in enumerate(reversed(self.tables)):
            try:
                symbol = table.lookup(name)
            except KeyError:
                continue
            if depth > 0 and table.get_type() != "function":
                continue
            if symbol.is_declared_global() or (symbol.is_global() and not symbol.is_local()):
                return None
            if table.get_type() == "function" and symbol.is_local() and not symbol.is_free():
                return (table.get_id(), name)
            if depth == 0 and table.get_type() == "class" and symbol.is_local():
                return None
        return None

    def add(self, node, name, binds):
        self.uses.append((self.starts[node.lineno - 1] + node.col_offset, self.owner(name), binds))

    def enter(self, name, node, body):
        for child in self.tables[-1].get_children():
            if child.get_name() == name and child.get_lineno() == node.lineno and child.get_id() not in self.taken:
                self.taken[child.get_id()] = True
                self.tables.append(child)
                body()
                self.tables.pop()
                return
        # A decorated definition's table counts from another line in some versions: left out.

    def visit_Name(self, node):
        self.add(node, node.id, not isinstance(node.ctx, ast.Load))

    def visit_arg(self, node):
        self.add(node, node.arg, True)

    def function(self, node, name, body):
        arguments = node.args
        for default in arguments.defaults + [d for d in arguments.kw_defaults if d]:
            self.visit(default)
        every = arguments.posonlyargs + arguments.args + arguments.kwonlyargs
        every += [a for a in (arguments.vararg, arguments.kwarg) if a]
        for argument in every:
            if argument.annotation:
                self.visit(argument.annotation)
        self.enter(name, node, lambda: ([self.visit(a) for a in every], [self.visit(b) for b in body]))

    def visit_FunctionDef(self, node):
        for decorator in node.decorator_list:
            self.visit(decorator)
        if node.returns:
            self.visit(node.returns)
        self.function(node, node.name, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        self.function(node, "lambda", [node.body])

    def visit_ClassDef(self, node):
        for each in node.decorator_list + node.bases + [k.value for k in node.keywords]:
            self.visit(each)
        self.enter(node.name, node, lambda: [self.visit(b) for b in node.body])

    def comprehension(self, node, name, results):
        self.visit(node.generators[0].iter)

        def inside():
            for result in results:
                self.visit(result)
            for nth, generator in enumerate(node.generators):
                self.visit(generator.target)
                if nth:
                    self.visit(generator.iter)
                for condition in generator.ifs:
                    self.visit(condition)
        self.enter(name, node, inside)

    def visit_ListComp(self, node):
        self.comprehension(node, "listcomp", [node.elt])

    def visit_SetComp(self, node):
        self.comprehension(node, "setcomp", [node.elt])

    def visit_GeneratorExp(self, node):
        self.comprehension(node, "genexpr", [node.elt])

    def visit_DictComp(self, node):
        self.comprehension(node, "dictcomp", [node.key, node.value])


TYPESCRIPT = r"""
const ts = require(process.argv[2]), fs = require('fs');
for (const file of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const options = {noLib: true, noResolve: true, allowJs: true, checkJs: false, target: 99};
  const program = ts.createProgram([file], options), checker = program.getTypeChecker();
  const source = program.getSourceFile(file), out = {};
  const text = source.text, bytes = (at) => Buffer.byteLength(text.slice(0, at));
  const isAscii = Buffer.byteLength(text) === text.length, place = (at) => isAscii ? at : bytes(at);
  const isLocal = (declaration) => {
    if (ts.isParameter(declaration) || ts.isTypeParameterDeclaration(declaration)) return true;
    if (!(ts.isVariableDeclaration(declaration) || ts.isBindingElement(declaration) ||
          ts.isFunctionDeclaration(declaration) || ts.isFunctionExpression(declaration) ||
          ts.isClassDeclaration(declaration) || ts.isClassExpression(declaration) ||
          ts.isInterfaceDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration))) return false;
    let node = declaration;
    while (ts.isBindingElement(node) || ts.isBindingPattern(node)) node = node.parent;
    if (ts.isParameter(node) || ts.isFunctionExpression(node) || ts.isClassExpression(node)) return true;
    const isVar = ts.isVariableDeclaration(node) && !(node.parent.flags & ts.NodeFlags.BlockScoped) &&
                  !ts.isCatchClause(node.parent);
    for (let up = node.parent; up; up = up.parent) {
      if (ts.isSourceFile(up) || ts.isModuleBlock(up)) return false;
      if (ts.isFunctionLike(up) || ts.isClassStaticBlockDeclaration(up)) return true;
      if (!isVar && (ts.isBlock(up) || ts.isForStatement(up) || ts.isForOfStatement(up) || ts.isForInStatement(up) ||
                     ts.isCatchClause(up) || ts.isCaseBlock(up))) return true;
    }
    return false;
  };
  const visit = (node) => {
    if (ts.isJSDoc && node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode) return;
    if (ts.isIdentifier(node)) {
      let symbol = checker.getSymbolAtLocation(node);
      if (ts.isShorthandPropertyAssignment(node.parent) && node.parent.name === node)
        symbol = checker.getShorthandAssignmentValueSymbol(node.parent);
      if (ts.isBindingElement(node.parent) && node.parent.propertyName === node) symbol = null;
      const declarations = (symbol && symbol.declarations) || [];
      const d = declarations.find((each) => each.getSourceFile() === source && each.name);
      const at = place(node.getStart());
      out[at] = d && isLocal(d) ? place(d.name.getStart()) : null;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  console.log(JSON.stringify([file, out]));
}
"""

GO = r"""
package main
import ("bufio"; "encoding/json"; "fmt"; "go/ast"; "go/parser"; "go/token"; "os"; "strconv")
func main() {
  lines := bufio.NewScanner(os.Stdin)
  for lines.Scan() {
    set := token.NewFileSet()
    file, err := parser.ParseFile(set, lines.Text(), nil, 0)
    if err != nil { continue }
    out := map[string]any{}
    skip := map[*ast.Ident]bool{}
    top := map[*ast.Object]bool{}
    for _, o := range file.Scope.Objects { top[o] = true }
    ast.Inspect(file, func(n ast.Node) bool {
      switch x := n.(type) {
      case *ast.SelectorExpr: skip[x.Sel] = true
      case *ast.CompositeLit:
        for _, e := range x.Elts { if kv, ok := e.(*ast.KeyValueExpr); ok { if id, ok := kv.Key.(*ast.Ident); ok { skip[id] = true } } }
      case *ast.StructType:
        for _, f := range x.Fields.List { for _, id := range f.Names { skip[id] = true } }
      case *ast.InterfaceType:
        for _, f := range x.Methods.List { for _, id := range f.Names { skip[id] = true } }
      case *ast.LabeledStmt: skip[x.Label] = true
      case *ast.BranchStmt: if x.Label != nil { skip[x.Label] = true }
      case *ast.Ident:
        at := strconv.Itoa(set.Position(x.Pos()).Offset)
        if x.Obj != nil && !skip[x] && !top[x.Obj] && x.Name != "_" && x.Obj.Pos().IsValid() {
          out[at] = set.Position(x.Obj.Pos()).Offset
        } else if x.Name != "_" { out[at] = nil }
      }
      return true
    })
    text, _ := json.Marshal([]any{lines.Text(), out})
    fmt.Println(string(text))
  }
}
"""


def ask(command, files, **options):
    out = subprocess.run(command, input="\n".join(files), capture_output=True, text=True, timeout=1200, **options)
    if not out.stdout:
        sys.exit(out.stderr[-2000:])
    answers = {}
    for line in out.stdout.splitlines():
        file, names = json.loads(line)
        answers[file] = {int(at): place for at, place in names.items()}
    return answers


def python_answers(files):
    answers = {}
    for file in files:
        try:
            with open(file, "rb") as source:
                answers[file] = PythonOracle(source.read()).answers()
        except (SyntaxError, ValueError, RecursionError):
            continue
    return answers


def typescript_answers(files):
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "oracle.js")
        with open(script, "w") as out:
            out.write(TYPESCRIPT)
        compiler = os.path.join(ROOT, "editors/vscode/node_modules/typescript")
        return ask(["node", script, compiler], files)


def go_answers(files):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "main.go"), "w") as out:
            out.write(GO)
        program = os.path.join(folder, "oracle")
        subprocess.run(["go", "build", "-o", program, "main.go"], cwd=folder, check=True,
                       env=dict(os.environ, GO111MODULE="off"))
        return ask([program], files)


class ClangOracle:
    """Locations leave out the file when it is the one before's; the order of keys is the order of printing."""

    def __init__(self, file):
        self.file, self.names, self.local, self.here = file, {}, {}, ""
        self.main = True

    def place(self, location):
        if "file" in location:
            self.main = location["file"] == self.file
        for part in ("spellingLoc", "expansionLoc"):
            if part in location:
                self.place(location[part])
        if "spellingLoc" in location or "offset" not in location or not self.main:
            return None
        return location["offset"]

    def read(self, node, in_function):
        if not isinstance(node, dict) or not node:
            return
        kind, at, begin = node.get("kind", ""), None, None
        if "loc" in node:
            at = self.place(node["loc"])
        if "range" in node:
            begin = self.place(node["range"].get("begin", {}))
            self.place(node["range"].get("end", {}))
        if kind in ("ParmVarDecl", "VarDecl") and at is not None and "name" in node and in_function:
            is_extern = node.get("storageClass") == "extern"
            if not is_extern and not node.get("isImplicit"):
                self.local[node["id"]] = at
                self.names[at] = at
        if kind == "DeclRefExpr" and begin is not None:
            self.names[begin] = self.local.get(node.get("referencedDecl", {}).get("id"))
        inside = in_function or kind in ("FunctionDecl", "CXXMethodDecl", "CXXConstructorDecl")
        for child in node.get("inner", []):
            self.read(child, inside)


def clang_answers(files):
    answers = {}
    sys.setrecursionlimit(20000)
    for file in files:
        folders = {os.path.dirname(file)}
        up = os.path.dirname(file)
        for _ in range(3):
            up = os.path.dirname(up)
            folders |= {up, os.path.join(up, "include"), os.path.join(up, "src")}
        command = ["clang", "-fsyntax-only", "-w", "-ferror-limit=0", "-Xclang", "-ast-dump=json"]
        command += [f"-I{folder}" for folder in sorted(folders)] + [file]
        out = subprocess.run(command, capture_output=True, timeout=300)
        try:
            oracle = ClangOracle(file)
            oracle.read(json.loads(out.stdout), False)
        except (ValueError, RecursionError):
            continue
        answers[file] = oracle.names
    return answers


ORACLES = {"python": python_answers, "typescript": typescript_answers, "javascript": typescript_answers,
           "go": go_answers, "c": clang_answers, "cpp": clang_answers}


def our_answers(program, language, files):
    out = subprocess.run([program, language] + files, capture_output=True, text=True, timeout=600, check=True)
    answers = {}
    for line in out.stdout.splitlines():
        file, at, _, kind, definition = line.split("\t")
        if kind in ("local", "parameter"):
            answers.setdefault(file, {})[int(at)] = int(definition)
    return answers


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("language", choices=sorted(ORACLES))
    parser.add_argument("folder")
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--show", type=int, default=0)
    args = parser.parse_args()
    files = [os.path.join(folder, name) for folder, _, names in os.walk(args.folder) for name in names
             if name.endswith(EXTENSIONS[args.language]) and ".min." not in name]
    files = [f for f in files if os.path.isfile(f) and os.path.getsize(f) < 1 << 20]
    random.Random(4).shuffle(files)
    files = files[:args.files]
    theirs, ours = ORACLES[args.language](files), our_answers(args.program, args.language, files)
    counts = {"local, same": 0, "no local, same": 0, "missed": 0, "other place": 0, "invented": 0}
    shown = args.show
    for file, names in theirs.items():
        mine = ours.get(file, {})
        for at, place in names.items():
            got = mine.get(at)
            if place is None:
                verdict = "no local, same" if got is None else "invented"
            elif got is None:
                verdict = "missed"
            else:
                verdict = "local, same" if place in (got, -1) else "other place"
            counts[verdict] += 1
            if shown and verdict in ("missed", "other place", "invented"):
                shown -= 1
                with open(file, "rb") as source:
                    text = source.read()
                line = text[:at].count(b"\n") + 1
                content = text.split(b"\n")[line - 1].decode(errors="replace").strip()[:110]
                word = text[at:at + 20].split(b"\n")[0].decode(errors="replace")
                print(f"  {verdict}: {file}:{line}: {word!r} in {content}")
    total = sum(counts.values())
    agree = counts["local, same"] + counts["no local, same"]
    locals_ = counts["local, same"] + counts["missed"] + counts["other place"]
    print(f"{args.language}: {len(theirs)} files, {total} names: {100 * agree / max(total, 1):.2f}% agree; "
          f"of {locals_} locals {100 * counts['local, same'] / max(locals_, 1):.2f}%; " +
          ", ".join(f"{name} {count}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
