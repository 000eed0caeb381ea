-- The Neovim plugin against a scripted server: nvim --headless --clean -S plugin_test.lua
-- One child editor a case.

local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
local plugin = vim.fn.fnamemodify(here .. '/../../../editors/neovim', ':p')
package.path = here .. '/?.lua;' .. plugin .. 'lua/?.lua;' .. plugin .. 'lua/?/init.lua;' .. package.path
local harness = require('child')

local has_native = vim.lsp.inline_completion ~= nil
local add = { 'int add(int a, int b) {', '  return a + b;', '}' }
local add_text = table.concat(add, '\n')

local case_number = 0

---@param options? table  for setup(); the scripted server is filled in
---@param env? table
local function with_child(test, options, env)
  case_number = case_number + 1
  local folder = vim.fn.tempname() .. case_number
  vim.fn.mkdir(folder .. '/.git', 'p')
  local log = folder .. '/log'
  env = vim.tbl_extend('force', { FAKE_LOG = log }, env or {})
  options = vim.tbl_extend('force', {
    cmd = { 'python3', here .. '/../fake_server.py' },
    native = false,
  }, options or {})
  local child = harness.start(plugin, env)
  local function received(method)
    local found = {}
    for _, line in ipairs(vim.fn.filereadable(log) == 1 and vim.fn.readfile(log) or {}) do
      local entry = vim.fn.json_decode(line)
      if entry.method == method then
        found[#found + 1] = entry
      end
    end
    return found
  end
  local ok, problem = xpcall(function()
    child:open(folder .. '/main.cpp', options, env.FAKE_PROGRESS and 'indexing 50%' or 'ready')
    test(child, received, folder)
  end, debug.traceback)
  child:stop()
  vim.fn.delete(folder, 'rf')
  if not ok then
    error(problem, 0)
  end
end

local function equal(want, got, what)
  if not vim.deep_equal(want, got) then
    error(('%s: expected %s, got %s'):format(what or 'value', vim.inspect(want), vim.inspect(got)), 2)
  end
end

local cases = {}

function cases.ShowsGhostTextAfterAPause()
  with_child(function(child)
    child:type('iint add(')
    child:expect_ghost('int a, int b) {\n  return a + b;\n}')
    equal('int add(', child:text(), 'buffer')
  end)
end

function cases.TabAcceptsTheWholeAndTellsTheServer()
  with_child(function(child, received)
    child:type('iint add(')
    child:expect_ghost('int a, int b) {\n  return a + b;\n}')
    child:type('<Tab>')
    child:expect_text(add_text)
    child:expect_ghost('')
    equal({ 3, 1 }, child:lua('return vim.api.nvim_win_get_cursor(0)'), 'cursor')
    harness.wait_for('command', { { command = 'curlew.accepted', arguments = { 'id-1' } } }, function()
      return vim.tbl_map(function(entry)
        return entry.params
      end, received('workspace/executeCommand'))
    end)
    equal(1, #received('textDocument/didShowCompletion'), 'shown')
  end)
end

function cases.AcceptingIsUndoneByItself()
  with_child(function(child)
    child:type('iint add(')
    child:expect_ghost('int a, int b) {\n  return a + b;\n}')
    child:type('<Tab>')
    child:expect_text(add_text)
    child:type('<Esc>u')
    child:expect_text('int add(')
  end)
end

function cases.TabIsATabWithoutASuggestion()
  with_child(function(child)
    child:type('ix<Tab>y')
    child:expect_text('x\ty')
  end)
end

function cases.AKeyThatIsMappedAlreadyIsLeftAlone()
  with_child(function(child)
    equal('own', child:lua([[
      vim.keymap.del('i', '<Tab>')
      vim.keymap.set('i', '<Tab>', 'own')
      require('curlew').setup({ cmd = { 'true' }, native = false })
      return vim.fn.maparg('<Tab>', 'i')
    ]]), 'mapping')
  end)
end

function cases.AcceptsByWordAndLine()
  with_child(function(child, received)
    child:type('iint add(')
    child:expect_ghost('int a, int b) {\n  return a + b;\n}')
    child:type('<M-l>')
    child:expect_text('int add(int')
    child:expect_ghost(' a, int b) {\n  return a + b;\n}')
    child:type('<M-j>')
    child:expect_text('int add(int a, int b) {')
    child:expect_ghost('\n  return a + b;\n}')
    child:type('<M-j>')
    child:expect_text('int add(int a, int b) {\n  return a + b;')
    child:type('<Tab>')
    child:expect_text(add_text)
    harness.wait_for('accepted lengths', { 3, 15, 31 }, function()
      return vim.tbl_map(function(entry)
        return entry.params.acceptedLength
      end, received('textDocument/didPartiallyAcceptCompletion'))
    end)
  end)
end

function cases.GhostTextFollowsTheTyping()
  with_child(function(child)
    child:type('iint add(')
    child:expect_ghost('int a, int b) {\n  return a + b;\n}')
    child:type('int ')
    child:expect_ghost('a, int b) {\n  return a + b;\n}') -- at once: the next request is a second away
    child:type('x')
    child:expect_ghost('')
  end, { debounce_ms = 200 })
end

function cases.OneRequestForABurstOfKeys()
  with_child(function(child, received)
    child:type('iint add(')
    child:expect_ghost('int a, int b) {\n  return a + b;\n}')
    equal(1, #received('textDocument/inlineCompletion'), 'requests')
  end, { debounce_ms = 150 })
end

function cases.AnOldRequestIsCancelledAndItsAnswerDropped()
  with_child(function(child, received)
    child:type('iint add(')
    harness.wait_for('request', 1, function()
      return #received('textDocument/inlineCompletion')
    end)
    child:type('<BS> ') -- "int add ": nothing to suggest there
    harness.wait_for('cancellation', 1, function()
      return #received('$/cancelRequest')
    end)
    harness.wait_for('request', 2, function()
      return #received('textDocument/inlineCompletion')
    end)
    vim.wait(500)
    equal('', child:ghost(), 'ghost text')
  end, nil, { FAKE_DELAY_MS = '300' })
end

function cases.AnAnswerAfterLeavingInsertModeIsDropped()
  with_child(function(child, received)
    child:type('iint add(')
    harness.wait_for('request', 1, function()
      return #received('textDocument/inlineCompletion')
    end)
    child:type('<Esc>')
    vim.wait(400)
    equal('', child:ghost(), 'ghost text')
  end, nil, { FAKE_DELAY_MS = '200' })
end

function cases.DismissHidesTheSuggestion()
  with_child(function(child)
    child:type('iint add(')
    child:expect_ghost('int a, int b) {\n  return a + b;\n}')
    child:type('<C-]>')
    child:expect_ghost('')
    equal('int add(', child:text(), 'buffer')
  end)
end

function cases.OnlyTheTriggerKeyAsksWhenAutoTriggerIsOff()
  with_child(function(child, received)
    child:type('iint add(')
    vim.wait(200)
    equal(0, #received('textDocument/inlineCompletion'), 'requests')
    child:type([[<M-\>]])
    child:expect_ghost('int a, int b) {\n  return a + b;\n}')
    equal(1, received('textDocument/inlineCompletion')[1].params.context.triggerKind, 'trigger kind')
  end, { auto_trigger = false, debounce_ms = 10 })
end

function cases.TheServerSeesTheTextThatTheUserSees()
  with_child(function(child, received)
    child:type('iu8\"😀 é\";<CR>int add(<Esc>O<Tab>auto x;<Esc>jA')
    child:expect_ghost('int a, int b) {\n  return a + b;\n}')
    local requests = received('textDocument/inlineCompletion')
    equal(child:text() .. '\n', requests[#requests].text, 'document')
  end, { debounce_ms = 100 })
end

for _, encoding in ipairs({ 'utf-8', 'utf-16', 'utf-32' }) do
  cases['PositionsAreCountedIn' .. encoding:upper():gsub('-', '')] = function()
    if encoding ~= 'utf-16' and vim.fn.has('nvim-0.10') == 0 then
      return -- the editor before 0.10 counts in UTF-16 only
    end
    local column = { ['utf-8'] = 20, ['utf-16'] = 18, ['utf-32'] = 17 }
    with_child(function(child, received)
      child:type('iauto smile = u8"😀')
      child:expect_ghost('😀"; // grin')
      local requests = received('textDocument/inlineCompletion')
      equal(column[encoding], requests[#requests].params.position.character, 'character')
      child:type('<Tab>')
      child:expect_text('auto smile = u8"😀😀"; // grin')
    end, nil, { FAKE_ENCODING = encoding })
  end
end

function cases.TextBehindTheCursorThatIsRepeatedIsReplaced()
  with_child(function(child)
    child:type('iint sum = ;<Left>')
    child:expect_ghost('add(1, 2);')
    child:type('<Tab>')
    child:expect_text('int sum = add(1, 2);')
  end)
end

function cases.StatusSaysWhatTheServerDoes()
  with_child(function(child, received)
    child:lua([[vim.cmd('Curlew pause')]])
    harness.wait_for('status', 'curlew: paused', function()
      return child:lua([[return require('curlew').statusline()]])
    end)
    equal({ true }, received('workspace/executeCommand')[1].params.arguments, 'arguments')
    child:lua([[vim.cmd('Curlew restart')]])
    harness.wait_for('status', 'curlew: ready', function()
      return child:lua([[return require('curlew').statusline()]])
    end)
    equal(2, #received('initialize'), 'starts')
    child:lua([[vim.cmd('Curlew status')]])
    local want = 'curlew: ready\nmodel: fake cpu (ready)\nindex: /fake, 7 files, 8 symbols (ready)\n'
    harness.wait_for('notice', want, function()
      return child:lua('return notices or ""')
    end)
  end)
end

function cases.ProgressIsShownInPercent()
  with_child(function(child)
    harness.wait_for('status', 'ready', function()
      return child:lua([[return require('curlew.status').text()]])
    end)
  end, nil, { FAKE_PROGRESS = '1' }) -- with_child waits for the 50%
end

function cases.ContextOfTheLastCompletionOpensInAWindow()
  with_child(function(child)
    child:type('iint add(')
    child:expect_ghost('int a, int b) {\n  return a + b;\n}')
    child:type('<Esc>:Curlew context<CR>')
    child:expect_text('# Context of the last completion\n\n## main.cpp:1-2\nused (score 1.00)\n\n')
  end)
end

function cases.AServerThatCrashesIsStartedAgainThreeTimes()
  with_child(function(child, received)
    child:type('icrash now<Esc>')
    harness.wait_for('starts', 4, function()
      return #received('initialize')
    end)
    vim.wait(500) -- there is no fifth
    equal('error', child:lua([[return require('curlew.status').text()]]), 'state')
    equal(4, #received('initialize'), 'starts')
  end)
end

function cases.AMissingProgramIsToldOnce()
  local child = harness.start(plugin, {})
  local ok, problem = pcall(function()
    child:lua([[
      require('curlew').setup({ cmd = { '/nowhere/curlew', 'lsp' } })
      vim.cmd('edit ' .. vim.fn.tempname() .. '.cpp')
    ]])
    harness.wait_for('state', 'error', function()
      return child:lua([[return require('curlew.status').text()]])
    end)
    local notices = child:lua('return notices')
    equal(true, notices:find('/nowhere/curlew is not a program', 1, true) ~= nil, notices)
  end)
  child:stop()
  assert(ok, problem)
end

function cases.WrongOptionsAreNamed()
  local config = require('curlew.config')
  local complaints = config.apply({ debounce = 1, native = 'yes', keymaps = { accept = 5, jump = 'x' } })
  table.sort(complaints)
  equal({
    'keymaps.accept: a key or false, not number',
    'native: boolean expected, not string',
    'unknown option debounce',
    'unknown option keymaps.jump',
  }, complaints, 'complaints')
  equal({}, config.apply({ keymaps = { accept = false }, settings = { model = 'none' } }), 'complaints')
  equal('<M-l>', config.options.keymaps.accept_word, 'other keys stay')
end

function cases.HealthCheckRuns()
  with_child(function(child)
    child:lua([[vim.cmd('checkhealth curlew')]])
    local report = child:text()
    equal(true, report:find('server: ', 1, true) ~= nil, report)
    equal(true, report:find('state: ready', 1, true) ~= nil, report)
    equal(nil, report:find('WARN', 1, true), report)
  end)
end

function cases.OffsetsGoBothWays()
  local offsets = require('curlew.offsets')
  local line = 'aé😀z'
  equal({ 0, 1, 2, 4, 5 }, vim.tbl_map(function(byte)
    return offsets.to_units(line, byte, 'utf-16')
  end, { 0, 1, 3, 7, 8 }), 'utf-16')
  for _, encoding in ipairs({ 'utf-8', 'utf-16', 'utf-32' }) do
    for _, byte in ipairs({ 0, 1, 3, 7, 8 }) do
      equal(byte, offsets.to_byte(line, offsets.to_units(line, byte, encoding), encoding), encoding)
    end
  end
  equal(8, offsets.to_byte(line, 99, 'utf-16'), 'past the end')
end

--- text, tail, replaces, inline -> painted lines; {} marks what is repeated of the line.
local layouts = {
  { 'foo)', '', 0, false, { 'foo)' } },
  { 'foo', ' + x;', 0, true, { 'foo' } },
  { 'foo', ' + x;', 0, false, { 'foo{ + x;}' } },
  { 'x);', ');', 2, true, { 'x);' } },
  { 'x', 'abc', 3, true, { 'x{  }' } },
  { 'a {\n  b\n}', ' // c', 0, true, { 'a {{  }', '  b', '}{ // c}' } },
  { '\tx\n\ty', '', 0, true, { '      x', '        y' } },
}

function cases.LayoutShowsTheLineAsItWillBe()
  local ghost = require('curlew.ghost')
  for i, layout in ipairs(layouts) do
    local text, tail, replaces, inline, want = unpack(layout)
    local s = { text = text, tail = tail, replaces = replaces }
    local got = ghost.layout(s, { column = 2, tabstop = 8, inline = inline })
    local painted = {}
    for _, chunks in ipairs(vim.list_extend({ got.virt_text }, got.virt_lines or {})) do
      painted[#painted + 1] = table.concat(vim.tbl_map(function(chunk)
        return chunk[2] == 'CurlewTail' and '{' .. chunk[1] .. '}' or chunk[1]
      end, chunks))
    end
    equal(want, painted, 'layout ' .. i)
  end
end

if has_native then
  function cases.NativeShowsAndAccepts()
    with_child(function(child, received)
      child:type('iint add(')
      child:expect_ghost('int a, int b) {\n  return a + b;\n}')
      child:type('<M-l>')
      child:expect_text('int add(int')
      child:expect_ghost(' a, int b) {\n  return a + b;\n}')
      child:type('<Tab>')
      child:expect_text(add_text)
      harness.wait_for('command', 1, function()
        return #received('workspace/executeCommand')
      end)
    end, { native = true })
  end

  function cases.NativeTabIsATabWithoutASuggestion()
    with_child(function(child)
      child:type('ix<Tab>y')
      child:expect_text('x\ty')
    end, { native = true })
  end

  function cases.NativeDismissHidesTheSuggestion()
    with_child(function(child)
      child:type('iint add(')
      child:expect_ghost('int a, int b) {\n  return a + b;\n}')
      child:type('<C-]>')
      child:expect_ghost('')
    end, { native = true })
  end
end

harness.run(cases)
