-- The Neovim plugin with the real server: nvim --headless --clean -S server_test.lua
-- CURLEW_BINARY names it. What it suggests is its own business; that it is shown, followed and written
-- as shown is checked.

local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
local plugin = vim.fn.fnamemodify(here .. '/../../../editors/neovim', ':p')
package.path = here .. '/?.lua;' .. package.path
local harness = require('child')

local source = [[
// Sums of matrices.
float sum(const float* x, int rows, int cols) {
  float total = 0;
  for (int row = 0; row < rows; ++row)
    for (int col = 0; col < cols; ++col) total += x[row * cols + col];
  return total;
}

float largest(const float* x, int rows, int cols) {
  float best = x[0];

  return best;
}
]]

local state_ms_max = 60000 -- a model is loaded, on a machine that may be busy

local function with_server(options, test)
  local folder = vim.fn.tempname()
  vim.fn.mkdir(folder .. '/.git', 'p')
  vim.fn.writefile(vim.split(vim.trim(source), '\n'), folder .. '/matrix.cpp')
  local child = harness.start(plugin, {
    XDG_CACHE_HOME = folder .. '/.cache',
    XDG_STATE_HOME = folder .. '/.state',
    XDG_CONFIG_HOME = folder .. '/.config',
  })
  local ok, problem = xpcall(function()
    options.cmd = { os.getenv('CURLEW_BINARY'), 'lsp', '--standalone' }
    child:open(folder .. '/matrix.cpp', options, 'ready', state_ms_max)
    -- Ready is also what is shown before the server tells of its work.
    harness.wait_for('server ready', true, function()
      return child:lua([[
        local client = require('curlew.client').of_buffer(0)
        local answer = vim.lsp.buf_request_sync(0, 'curlew/status', vim.empty_dict(), 2000)
        local told = answer and answer[client.id]
        return told ~= nil and told.result ~= nil and told.result.ready
      ]])
    end, state_ms_max)
    test(child)
  end, debug.traceback)
  child:stop()
  vim.fn.delete(folder, 'rf')
  assert(ok, problem)
end

local empty_line = 11
local typed = '  for (int row = 0; row < '

local function type_line(child)
  child:type(('%dG0C%s'):format(empty_line, (typed:gsub('<', '<LT>'))))
end

local function shows_and_accepts(child)
  type_line(child)
  local shown = child:settled_ghost(20000)
  local lines = vim.split(vim.trim(source), '\n')
  lines[empty_line] = typed .. shown
  child:type('<Tab>')
  child:expect_text(table.concat(lines, '\n'))
end

local cases = {}

function cases.ASuggestionOfTheRealServerIsWrittenAsShown()
  with_server({ native = false }, shows_and_accepts)
end

function cases.WithoutAModelTheCopyPredictorSuggests()
  with_server({ native = false, settings = { model = 'none' } }, shows_and_accepts)
end

if vim.lsp.inline_completion then
  function cases.NativeInlineCompletionShowsTheRealServer()
    with_server({ native = true }, shows_and_accepts)
  end
end

function cases.PauseStopsSuggestions()
  with_server({ native = false }, function(child)
    child:lua([[vim.cmd('Curlew pause')]])
    harness.wait_for('status', 'paused', function()
      return child:lua([[return require('curlew.status').text()]])
    end)
    type_line(child)
    vim.wait(1500)
    assert(child:ghost() == '', 'a suggestion while paused')
  end)
end

-- What another server says of the buffer, the quick fix for it, and the text after it.
local function repairs(child, expected)
  child:lua([[
    vim.api.nvim_buf_set_lines(0, 4, 5, false,
      { '    for (int col = 0; col < cols; ++col) totl += x[row * cols + col];' })
    vim.diagnostic.set(vim.api.nvim_create_namespace('another server'), 0, { {
      lnum = 4, col = 41, end_lnum = 4, end_col = 45, severity = vim.diagnostic.severity.ERROR,
      source = 'clangd', message = "use of undeclared identifier 'totl'",
    } })
    vim.api.nvim_win_set_cursor(0, { 5, 41 })
  ]])
  -- Without vim.lsp.buf.code_action: before 0.8 it always opens a menu.
  harness.wait_for('a quick fix', true, function()
    return child:lua([[
      local client = require('curlew.client').of_buffer(0)
      local function ask(method, params)
        local answer = vim.lsp.buf_request_sync(0, method, params, 60000)
        return answer and answer[client.id] and answer[client.id].result
      end
      local at = { line = 4, character = 41 }
      local actions = ask('textDocument/codeAction', {
        textDocument = { uri = vim.uri_from_bufnr(0) }, range = { start = at, ['end'] = at },
        context = { diagnostics = {} }, -- all that Neovim passes on of other servers
      })
      local action = actions and actions[1]
      if action and not action.edit then
        action = ask('codeAction/resolve', action)
      end
      if not action or not action.edit then
        return false
      end
      vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
      return action.isPreferred
    ]])
  end, 90000)
  harness.wait_for('the repaired line', expected, function()
    return child:lua([[return vim.api.nvim_buf_get_lines(0, 4, 5, false)[1] ]])
  end, 60000)
end

local repaired = '    for (int col = 0; col < cols; ++col) total += x[row * cols + col];'

function cases.AnErrorOfAnotherServerIsRepaired()
  with_server({ native = false, settings = { model = 'none', trusted = true } }, function(child)
    repairs(child, repaired)
  end)
end

function cases.LinesAreEditedAsAskedFor()
  with_server({ native = false, settings = { model = 'none' } }, function(child)
    child:lua([[vim.cmd('2,7Curlew edit rename total to sum_of_all')]])
    harness.wait_for('the edited line', '  return sum_of_all;', function()
      return child:lua([[return vim.api.nvim_buf_get_lines(0, 5, 6, false)[1] ]])
    end, 20000)
    child:lua([[vim.cmd('undo')]])
    child:expect_text(vim.trim(source))
  end)
end

harness.run(cases)
