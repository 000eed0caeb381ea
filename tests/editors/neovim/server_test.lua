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

harness.run(cases)
