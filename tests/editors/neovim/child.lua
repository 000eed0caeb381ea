-- A second Neovim that a test types into, over the editor's own RPC. The test process waits for what
-- it expects with a limit; nothing sleeps for luck.

local M = {}

local wait_ms_max = 10000
local settled_ms = 800

---@class Child
---@field private channel integer
local Child = {}
Child.__index = Child

--- Starts an editor with the plugin under `plugin_folder` on its runtime path.
---@param plugin_folder string
---@param env table<string, string>
---@return Child
function M.start(plugin_folder, env)
  local command = { vim.v.progpath, '--headless', '--embed', '--clean', '-n' }
  local channel = vim.fn.jobstart(command, { rpc = true, env = next(env) and env or nil })
  assert(channel > 0, 'the editor does not start')
  local child = setmetatable({ channel = channel }, Child)
  child:lua([[
    vim.opt.runtimepath:prepend(...)
    vim.cmd('runtime! plugin/curlew.lua')
    vim.o.swapfile = false
    vim.notify = function(text) notices = (notices or '') .. text .. '\n' end
    vim.notify_once = vim.notify
  ]], plugin_folder)
  return child
end

--- Runs Lua in the child; `...` there are the arguments here.
function Child:lua(code, ...)
  return vim.rpcrequest(self.channel, 'nvim_exec_lua', code, { ... })
end

function Child:type(keys)
  vim.rpcrequest(self.channel, 'nvim_input', keys)
end

function Child:stop()
  pcall(vim.rpcnotify, self.channel, 'nvim_command', 'qall!')
  if vim.fn.jobwait({ self.channel }, 3000)[1] == -1 then
    vim.fn.jobstop(self.channel)
  end
end

--- Waits until `probe()` gives `want`; fails with what it gave last.
---@param limit_ms? integer
function M.wait_for(what, want, probe, limit_ms)
  local got
  local ok = vim.wait(limit_ms or wait_ms_max, function()
    got = probe()
    return vim.deep_equal(got, want)
  end, 10)
  if not ok then
    error(('%s: expected %s, got %s'):format(what, vim.inspect(want), vim.inspect(got)), 2)
  end
end

--- Opens a file, with the plugin set up as given, and waits for what the status says.
---@param options table
---@param want string
---@param limit_ms? integer
function Child:open(file, options, want, limit_ms)
  self:lua([[
    local options, file = ...
    require('curlew').setup(options)
    vim.cmd('edit ' .. file)
  ]], options, file)
  M.wait_for('state', want, function()
    return self:lua([[return require('curlew.status').text()]])
  end, limit_ms)
end

--- The text of the buffer.
function Child:text()
  return self:lua([[return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')]])
end

--- The ghost text on the screen: all virtual text, tails and padding in braces, lines joined.
function Child:ghost()
  return self:lua([[
    local out = {}
    local function add(chunks)
      local line = {}
      for _, chunk in ipairs(chunks) do
        line[#line + 1] = chunk[2] == 'CurlewTail' and '{' .. chunk[1] .. '}' or chunk[1]
      end
      out[#out + 1] = table.concat(line)
    end
    for name, id in pairs(vim.api.nvim_get_namespaces()) do
      if name == 'curlew.ghost' or name == 'nvim.lsp.inline_completion' then
        for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, id, 0, -1, { details = true })) do
          add(mark[4].virt_text or {})
          for _, line in ipairs(mark[4].virt_lines or {}) do add(line) end
        end
      end
    end
    return table.concat(out, '\n')
  ]])
end

function Child:expect_ghost(want)
  M.wait_for('ghost text', want, function()
    return self:ghost()
  end)
end

--- The ghost text when it has not changed for a while: the answer to the last key.
---@param limit_ms integer
---@return string
function Child:settled_ghost(limit_ms)
  local now_ms = vim.loop.now
  local ghost, since = '', now_ms()
  local ok = vim.wait(limit_ms, function()
    local painted = self:ghost()
    if painted ~= ghost then
      ghost, since = painted, now_ms()
    end
    return ghost ~= '' and now_ms() - since > settled_ms
  end, 20)
  assert(ok, 'no suggestion')
  return ghost
end

function Child:expect_text(want)
  M.wait_for('buffer', want, function()
    return self:text()
  end)
end

--- Runs the cases in order of their names, prints a line each, and ends this process: 1 if any failed.
---@param cases table<string, fun()>
function M.run(cases)
  local names, failed = vim.tbl_keys(cases), 0
  table.sort(names)
  for _, name in ipairs(names) do
    local ok, problem = xpcall(cases[name], debug.traceback)
    io.stdout:write(('%s %s\n'):format(ok and 'ok    ' or 'FAILED', name))
    if not ok then
      failed = failed + 1
      io.stdout:write(problem, '\n')
    end
  end
  io.stdout:write(('%d cases, %d failed\n'):format(#names, failed))
  vim.cmd(failed == 0 and 'qall!' or 'cquit 1')
end

return M
