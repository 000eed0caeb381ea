-- Next edits in the Neovim plugin, with the real server: nvim --headless --clean -S next_edit_test.lua
-- CURLEW_BINARY names it. No model runs for them, so what must be offered is known exactly.

local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
local plugin = vim.fn.fnamemodify(here .. '/../../../editors/neovim', ':p')
package.path = here .. '/?.lua;' .. plugin .. 'lua/?.lua;' .. package.path
local harness = require('child')

local state_ms_max = 60000

local files = {
  ['sum.cpp'] = {
    'int sum(const int* values, int count) {',
    '  int total = 0;',
    '  for (int i = 0; i < count; ++i) {',
    '    total += values[i];',
    '  }',
    '  return total;',
    '}',
  },
  ['lines.cpp'] = { -- CRLF
    'int lines(int n) {\r',
    '  int total = n;\r',
    '  /* ü 😀 */ return total;\r',
    '}\r',
  },
  ['cache.h'] = {
    '#pragma once',
    '',
    'class Cache {',
    ' public:',
    '  int lookup(int key) const;',
    '};',
  },
  ['cache.cpp'] = {
    '#include "cache.h"',
    '',
    'int Cache::lookup(int key) const {',
    '  return key % 7;',
    '}',
  },
}

---@param name string  the file that is opened
---@param test fun(child: table, folder: string)
---@param options? table
local function with_server(name, test, options)
  local folder = vim.loop.fs_realpath(vim.fn.fnamemodify(vim.fn.tempname(), ':h')) .. '/' .. name .. '.folder'
  vim.fn.mkdir(folder .. '/.git', 'p')
  for file, lines in pairs(files) do
    vim.fn.writefile(lines, folder .. '/' .. file)
  end
  local child = harness.start(plugin, {
    XDG_CACHE_HOME = folder .. '/.cache',
    XDG_STATE_HOME = folder .. '/.state',
    XDG_CONFIG_HOME = folder .. '/.config',
  })
  local ok, problem = xpcall(function()
    child:open(folder .. '/' .. name, vim.tbl_extend('force', {
      cmd = { os.getenv('CURLEW_BINARY'), 'lsp', '--standalone' },
      native = false,
      auto_trigger = false,
      settings = { model = 'none' },
    }, options or {}), 'ready', state_ms_max)
    harness.wait_for('server ready', true, function()
      return child:lua([[
        local client = require('curlew.client').of_buffer(0)
        local answer = vim.lsp.buf_request_sync(0, 'curlew/status', vim.empty_dict(), 2000)
        local told = answer and answer[client.id]
        return told ~= nil and told.result ~= nil and told.result.ready
      ]])
    end, state_ms_max)
    test(child, folder)
  end, debug.traceback)
  child:stop()
  vim.fn.delete(folder, 'rf')
  assert(ok, problem)
end

--- What is painted of the next edit, in the order of the text: what goes in minus signs, what comes in
--- plus signs, labels as they are; each with the line (1) where it is painted.
local function painted(child)
  return child:lua([[
    local out = {}
    local id = vim.api.nvim_get_namespaces()['curlew.next_edit']
    local function text(chunks)
      local line = {}
      for _, chunk in ipairs(chunks) do
        local is_new = chunk[2] == 'CurlewNextEditNew'
        line[#line + 1] = is_new and '+' .. chunk[1] .. '+' or vim.trim(chunk[1])
      end
      return (table.concat(line, ' '):gsub('→ ', '')) -- stands between before 0.10
    end
    local marks = vim.api.nvim_buf_get_extmarks(0, id, 0, -1, { details = true })
    for _, mark in ipairs(marks) do
      local row, col, details = mark[2], mark[3], mark[4]
      local function add(what) out[#out + 1] = ('%d: %s'):format(row + 1, what) end
      if details.end_row then
        local line = vim.api.nvim_buf_get_lines(0, row, row + 1, false)[1]
        add('-' .. line:sub(col + 1, details.end_row == row and details.end_col or -1) .. '-')
      end
      if details.virt_text then add(text(details.virt_text)) end
      for _, line in ipairs(details.virt_lines or {}) do add(text(line)) end
    end
    table.sort(out)
    return out
  ]])
end

local function expect_painted(child, want)
  harness.wait_for('painted', want, function()
    return painted(child)
  end, 20000)
end

local function expect_cursor(child, want)
  harness.wait_for('cursor', want, function()
    return child:lua([[return vim.api.nvim_win_get_cursor(0)]])
  end)
end

local function expect_line(child, number, want)
  harness.wait_for('line ' .. number, want, function()
    return child:lua([[return vim.fn.getline(...)]], number)
  end)
end

--- Renames `total`, line 2 of sum.cpp, and waits for the first use to be offered.
local function rename_total(child)
  child:type('2G0wwcwsum_of_all<Esc>')
  expect_line(child, 2, '  int sum_of_all = 0;')
  expect_painted(child, {
    '4: +sum_of_all+',
    '4: -total-',
    '4: <M-n>: `total` is now `sum_of_all` (+1)',
  })
end

local cases = {}

function cases.AUseOfARenamedVariableIsJumpedToAndMadeAndUndoneInOneStep()
  with_server('sum.cpp', function(child)
    rename_total(child)
    child:type('<M-n>')
    expect_cursor(child, { 4, 4 })
    expect_line(child, 4, '    total += values[i];') -- only gone to yet
    child:type('<M-n>')
    expect_line(child, 4, '    sum_of_all += values[i];')
    expect_painted(child, { '6: +sum_of_all+', '6: -total-', '6: <M-n>: `total` is now `sum_of_all`' })
    child:type('u')
    expect_line(child, 4, '    total += values[i];')
    expect_line(child, 2, '  int sum_of_all = 0;') -- the user's own edit stands
  end)
end

function cases.WhatWasTakenBackIsNotOfferedAgain()
  with_server('sum.cpp', function(child)
    rename_total(child)
    child:type('<M-n>')
    expect_cursor(child, { 4, 4 })
    child:type('<M-n>')
    expect_line(child, 4, '    sum_of_all += values[i];')
    child:type('u')
    expect_line(child, 4, '    total += values[i];')
    expect_painted(child, { '6: +sum_of_all+', '6: -total-', '6: <M-n>: `total` is now `sum_of_all`' })
  end)
end

function cases.AnOfferForAnOlderTextIsNotMade()
  with_server('sum.cpp', function(child)
    rename_total(child)
    child:type('<M-n>')
    expect_cursor(child, { 4, 4 })
    local text = child:lua([[
      vim.api.nvim_buf_set_lines(0, 0, 0, false, { '// One line more.' })
      local before = vim.api.nvim_buf_get_lines(0, 0, -1, false)
      require('curlew.next_edit').accept() -- before the editor tells of the change
      return vim.deep_equal(before, vim.api.nvim_buf_get_lines(0, 0, -1, false))
    ]])
    assert(text, 'the edit was made in another text')
    -- Asked again; where the cursor stands now something may be being typed.
    expect_painted(child, { '7: +sum_of_all+', '7: -total-', '7: <M-n>: `total` is now `sum_of_all`' })
  end)
end

function cases.ADismissedEditIsNotShownAgain()
  with_server('sum.cpp', function(child)
    rename_total(child)
    child:type('<M-q>')
    expect_painted(child, {})
    child:type('Gox<Esc>') -- another edit, and the question again
    expect_painted(child, {})
    child:type('u')
    expect_painted(child, { '6: +sum_of_all+', '6: -total-', '6: <M-n>: `total` is now `sum_of_all`' })
  end)
end

function cases.AnEditInAnotherFileOpensIt()
  with_server('cache.h', function(child, folder)
    child:type('5G0wwcwfind<Esc>')
    expect_line(child, 5, '  int find(int key) const;')
    expect_painted(child, { '5: <M-n>: next edit at ' .. child:lua([[return vim.fn.fnamemodify(..., ':.')]],
      folder .. '/cache.cpp') .. ':3' })
    child:type('<M-n>')
    harness.wait_for('buffer', 'cache.cpp', function()
      return child:lua([[return vim.fn.expand('%:t')]])
    end)
    expect_cursor(child, { 3, 11 })
    expect_painted(child, { '3: +find+', '3: -lookup-', '3: <M-n>: `lookup` is now `find`' })
    child:type('<M-n>')
    expect_line(child, 3, 'int Cache::find(int key) const {')
    expect_painted(child, {})
    child:type('u')
    expect_line(child, 3, 'int Cache::lookup(int key) const {')
    child:type('<C-o>')
    expect_line(child, 5, '  int find(int key) const;')
  end)
end

function cases.InAThirdFileNothingIsSaidOfIt()
  with_server('cache.h', function(child)
    child:type('5G0wwcwfind<Esc>')
    harness.wait_for('a hint', 1, function()
      return #painted(child)
    end, 20000)
    child:lua([[vim.cmd('edit %:h/sum.cpp')]])
    expect_painted(child, {})
    assert(not child:lua([[return require('curlew').next_edit()]]), 'the key did something')
    child:lua([[vim.cmd('buffer #')]])
    harness.wait_for('the hint again', 1, function()
      return #painted(child)
    end)
  end)
end

function cases.AnotherFileThatChangedOnTheDiskIsAskedAboutAgain()
  with_server('cache.h', function(child, folder)
    child:type('5G0wwcwfind<Esc>')
    harness.wait_for('a hint', 1, function()
      return #painted(child)
    end, 20000)
    vim.fn.writefile({ '// A line more.', unpack(files['cache.cpp']) }, folder .. '/cache.cpp')
    child:type('<M-n>')
    expect_cursor(child, { 4, 11 })
    child:type('<M-n>')
    expect_line(child, 4, 'int Cache::find(int key) const {')
  end)
end

function cases.APlaceOutsideTheWindowIsHintedAt()
  with_server('sum.cpp', function(child)
    child:lua([[
      local blank = {}
      for i = 1, 100 do blank[i] = '' end
      vim.api.nvim_buf_set_lines(0, 3, 3, false, blank)
      vim.cmd('write')
    ]])
    child:type('2G0wwcwsum_of_all<Esc>')
    expect_painted(child, {
      '104: +sum_of_all+',
      '104: -total-',
      '104: <M-n>: `total` is now `sum_of_all` (+1)',
      '2: <M-n>: next edit at line 104',
    })
    child:type('G')
    expect_painted(child, {
      '104: +sum_of_all+',
      '104: -total-',
      '104: <M-n>: `total` is now `sum_of_all` (+1)',
    })
  end)
end

function cases.InInsertModeTheKeyDoesTheSame()
  with_server('sum.cpp', function(child)
    child:type('2G0wwcwsum_of_all')
    expect_painted(child, {
      '4: +sum_of_all+',
      '4: -total-',
      '4: <M-n>: `total` is now `sum_of_all` (+1)',
    })
    child:type('<M-n>')
    expect_cursor(child, { 4, 4 })
    child:type('<M-n>')
    expect_line(child, 4, '    sum_of_all += values[i];')
    child:type('<Esc>u')
    expect_line(child, 4, '    total += values[i];')
    expect_line(child, 2, '  int sum_of_all = 0;')
  end)
end

function cases.CharactersAndLineEndsAreKept()
  with_server('lines.cpp', function(child, folder)
    child:type('2G0wwcwsum<Esc>')
    expect_painted(child, { '3: +sum+', '3: -total-', '3: <M-n>: `total` is now `sum`' })
    child:type('<M-n>')
    expect_cursor(child, { 3, #'  /* ü 😀 */ return ' })
    child:type('<M-n>')
    expect_line(child, 3, '  /* ü 😀 */ return sum;')
    child:type(':write<CR>')
    local want = { files['lines.cpp'][1], '  int sum = n;\r', '  /* ü 😀 */ return sum;\r', '}\r', '' }
    harness.wait_for('file', want, function()
      return vim.fn.readfile(folder .. '/lines.cpp', 'b') -- else it drops the carriage returns
    end)
  end)
end

function cases.PlugMappingsDoTheSame()
  with_server('sum.cpp', function(child)
    child:lua([[
      vim.keymap.set('n', 'gn', '<Plug>(CurlewNextEdit)')
      vim.keymap.set('n', 'gN', '<Plug>(CurlewDismissNextEdit)')
    ]])
    child:type('2G0wwcwsum_of_all<Esc>')
    expect_painted(child, { '4: +sum_of_all+', '4: -total-', '4: `total` is now `sum_of_all` (+1)' })
    child:type('gn')
    expect_cursor(child, { 4, 4 })
    child:type('gn')
    expect_line(child, 4, '    sum_of_all += values[i];')
    expect_painted(child, { '6: +sum_of_all+', '6: -total-', '6: `total` is now `sum_of_all`' })
    child:type('gN')
    expect_painted(child, {})
  end, { keymaps = { next_edit = false, dismiss_next_edit = false } })
end

function cases.ANameThatMayGoOnIsFollowedWhenItHasRested()
  with_server('sum.cpp', function(child)
    child:type('2G0wwcwtot<Esc>')
    expect_painted(child, { '4: +tot+', '4: -total-', '4: <M-n>: `total` is now `tot` (+1)' })
  end)
end

function cases.WhatNothingFollowsFromIsFollowedByNothing()
  with_server('sum.cpp', function(child)
    child:type('Go// The end.<Esc>')
    vim.wait(4000)
    assert(#painted(child) == 0, vim.inspect(painted(child)))
    assert(not child:lua([[return require('curlew').next_edit()]]), 'the key did something')
  end)
end

function cases.SwitchedOffNothingIsShown()
  with_server('sum.cpp', function(child)
    child:type('2G0wwcwsum_of_all<Esc>')
    vim.wait(1000)
    assert(child:lua([[return vim.fn.maparg('<M-n>', 'n')]]) == '', 'the key is mapped')
  end, { next_edit = false })
end

function cases.WhenTheServerStopsTheOfferGoes()
  with_server('sum.cpp', function(child)
    rename_total(child)
    child:lua([[require('curlew.client').stop(5000)]])
    expect_painted(child, {})
  end)
end

--- edit -> what the marks are: row:col, what.
local layouts = {
  { { 3, 2, 3, 7, 'sum' }, { '3:2 old', '3:7 inline sum' } },
  { { 3, 2, 3, 7, '' }, { '3:2 old' } },
  { { 5, 9, 5, 9, '\n  case 1:\n\tgo();' }, { '5:9 below   case 1:|        go();' } },
  { { 4, 0, 4, 0, 'import os\n' }, { '4:0 above import os' } },
  { { 0, 0, 0, 0, 'import os\n' }, { '0:0 inline import os↵' } },
  { { 1, 0, 3, 0, 'a\nb\n' }, { '1:0 old', '2:0 below a|b' } },
}

function cases.LayoutShowsWhatGoesAndWhatComes()
  local view = require('curlew.next_edit_view')
  for i, layout in ipairs(layouts) do
    local row, col, end_row, end_col, text = unpack(layout[1])
    local edit = { row = row, col = col, end_row = end_row, end_col = end_col, text = text }
    local got = vim.tbl_map(function(mark)
      local opts, what = mark.opts, 'old'
      if opts.virt_text then
        what = opts.virt_text_pos .. ' ' .. opts.virt_text[1][1]
      elseif opts.virt_lines then
        what = (opts.virt_lines_above and 'above ' or 'below ') .. table.concat(vim.tbl_map(function(line)
          return line[1][1]
        end, opts.virt_lines), '|')
      end
      return ('%d:%d %s'):format(mark.row, mark.col, what)
    end, view.layout(edit, { inline = true, tabstop = 8 }))
    assert(vim.deep_equal(layout[2], got), ('layout %d: %s'):format(i, vim.inspect(got)))
  end
end

harness.run(cases)
