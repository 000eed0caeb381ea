#!/usr/bin/env python3
"""Types into Neovim in a real terminal (tmux) and reads the screen.

usage: typing_test.py NVIM SOURCE_DIR [--update-pictures]      CURLEW_BINARY names the server.
Exit code 77: skipped. Checks that the ghost text on the screen is what Tab writes into the file, and
writes the session, screen by screen, to docs/images/neovim-session.txt when asked to.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

WAIT_S = 60
COLUMNS, ROWS = 114, 24

LINE = 13  # of tests/editors/sample.cpp: the empty one
DECLARED = 12  # the line of `double squares = 0;`
TYPED = "    for (int c = 0; c < cols; ++c) squares +="

INIT = """
vim.opt.runtimepath:prepend('{source}/editors/neovim')
vim.cmd('runtime plugin/curlew.lua')
vim.o.number, vim.o.swapfile, vim.o.laststatus, vim.o.ruler = true, false, 2, false
vim.o.termguicolors, vim.o.autoindent = false, false
vim.g.did_indent_on = true
vim.cmd('filetype indent off')
vim.o.statusline = "%f %m%= %{{v:lua.require('curlew').statusline()}}"
vim.api.nvim_create_autocmd('User', {{ pattern = 'CurlewStatus', command = 'redrawstatus' }})
require('curlew').setup({{ cmd = {{ '{binary}', 'lsp', '--standalone' }}, native = false }})
"""


class Terminal:
    """One tmux server with one window, ended by close()."""

    def __init__(self, folder, command):
        self.socket = str(folder / "tmux.sock")
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            **{f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CACHE", "STATE", "CONFIG")},
        }
        size = ["-x", str(COLUMNS), "-y", str(ROWS)]
        start = ["tmux", "-S", self.socket, "-f", "/dev/null", "-u", "new-session", "-d", *size]
        subprocess.run([*start, *command], env=environment, cwd=folder / "curlew", check=True, timeout=20)

    def tmux(self, *arguments):
        command = ["tmux", "-S", self.socket, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout

    def type(self, text):
        for character in text:
            self.tmux("send-keys", "-l", "\\;" if character == ";" else character)
            time.sleep(0.03)

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def wait_for(self, what, found):
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            screen = self.screen()
            if found(screen):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{what}: not on the screen within {WAIT_S} s:\n{screen}")

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, timeout=20)


def settled(terminal, what, found, quiet_s=1.0):
    """The screen when `found` holds and nothing has changed for a while."""
    screen = terminal.wait_for(what, found)
    since = time.monotonic()
    while time.monotonic() - since < quiet_s:
        time.sleep(0.05)
        now = terminal.screen()
        if now != screen:
            screen, since = now, time.monotonic()
    return screen


def code_line(screen, number):
    for line in screen.splitlines():
        label, _, code = line.lstrip().partition(" ")
        if label == str(number):
            return code
    return ""


def next_edit(terminal):
    """Renames a variable where it is declared; returns the screens with the offer and after its keys."""
    terminal.type(f":{DECLARED}")
    terminal.press("Enter")
    terminal.type("0wwcwtotal")
    terminal.press("Escape")
    offered = settled(terminal, "next edit", lambda screen: "<M-n>: " in screen)
    line = next(line for line in offered.splitlines() if "<M-n>:" in line)
    number, code = int(line.split()[0]), line.split(maxsplit=1)[1]
    # What goes and what comes, side by side; before Neovim 0.10 behind the line.
    assert "squarestotal" in code or "→ total" in code, code
    terminal.press("M-n")
    time.sleep(0.5)
    terminal.press("M-n")

    def is_made(screen):
        shown = code_line(screen, number)
        return "total" in shown and "squares" not in shown

    return offered, settled(terminal, "the edit", is_made)


def session(terminal, file):
    """Returns the screens with their headings."""
    unchanged = file.read_text()
    terminal.wait_for("status line", lambda screen: "curlew: ready" in screen)
    time.sleep(1)  # the server tells of its work a moment later
    terminal.wait_for("status line", lambda screen: "curlew: ready" in screen)
    terminal.type(f"{LINE}GA")
    terminal.type(TYPED)
    ghost = settled(
        terminal, "ghost text", lambda screen: len(code_line(screen, LINE).rstrip()) > len(TYPED)
    )
    shown = code_line(ghost, LINE).rstrip()
    assert shown.startswith(TYPED), shown
    terminal.press("Tab")
    terminal.press("Escape")
    accepted = settled(terminal, "accepted line", lambda screen: code_line(screen, LINE).rstrip() == shown)
    terminal.type(":w")
    terminal.press("Enter")
    deadline = time.monotonic() + WAIT_S
    while (text := file.read_text()) == unchanged:
        assert time.monotonic() < deadline, "the file was not saved"
        time.sleep(0.05)
    assert text.splitlines()[LINE - 1].rstrip() == shown, text
    offered, renamed = next_edit(terminal)
    terminal.type(":Curlew status")
    terminal.press("Enter")
    status = settled(terminal, "status", lambda screen: "last completion" in screen)
    return [
        ("Typed; between ‹ and › is ghost text", ghost.replace(shown, f"{TYPED}‹{shown[len(TYPED):]}›", 1)),
        ("After Tab", accepted),
        ("`squares` renamed by hand in line 12; its first use shows what comes next", offered),
        ("After Alt+n, which goes there, and Alt+n, which makes it", renamed),
        (":Curlew status", status),
    ]


def main():
    nvim, source = os.path.abspath(shutil.which(sys.argv[1])), pathlib.Path(sys.argv[2]).resolve()
    if not shutil.which("tmux"):
        print("skipped: no tmux")
        return 77
    try:
        for end in os.openpty():
            os.close(end)
    except OSError as error:
        print(f"skipped: no pseudo-terminal here ({error.strerror})")
        return 77
    folder = pathlib.Path(tempfile.mkdtemp(prefix="curlew-nvim-"))
    workspace = folder / "curlew"
    (workspace / ".git").mkdir(parents=True)
    shutil.copytree(source / "kernels", workspace / "kernels")
    file = workspace / "kernels/reference/unit_rows.cpp"
    shutil.copy(source / "tests/editors/sample.cpp", file)
    init = folder / "init.lua"
    init.write_text(INIT.format(source=source, binary=os.environ["CURLEW_BINARY"]))
    terminal = Terminal(folder, [nvim, "--clean", "-u", str(init), str(file)])
    try:
        screens = session(terminal, file)
    finally:
        terminal.close()
        shutil.rmtree(folder, ignore_errors=True)
    text = "\n".join(f"== {title} ==\n\n{screen.rstrip()}\n" for title, screen in screens)
    text = text.replace(str(folder), "~")
    print(text)
    if "--update-pictures" in sys.argv:
        pictures = source / "docs/images"
        pictures.mkdir(parents=True, exist_ok=True)
        (pictures / "neovim-session.txt").write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
