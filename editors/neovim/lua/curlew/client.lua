-- The server: started once per workspace root, attached to the buffers under it.

local compat = require('curlew.compat')
local config = require('curlew.config')
local status = require('curlew.status')

local M = {}

-- After this many unwanted ends, each soon after the one before, only the user starts it again.
local crashes_max = 3
local crash_forgotten_after_ms = 180000
local start_again_after_ms = 200 -- until then the editor may still take the dead client for alive
local crashes, crashed_at_ms = 0, 0
local stopping = false

---@param folder string
---@return boolean
local function is_root(folder)
  for _, marker in ipairs(config.options.root_markers) do
    if compat.uv.fs_stat(folder .. '/' .. marker) then
      return true
    end
  end
  return false
end

--- The nearest folder above the file that holds a root marker, else the file's own.
---@param file string
---@return string
function M.root_of(file)
  local own = vim.fn.fnamemodify(file, ':p:h')
  local folder, last = own, ''
  while folder ~= last do
    if is_root(folder) then
      return folder
    end
    folder, last = vim.fn.fnamemodify(folder, ':h'), folder
  end
  return own
end

---@param buf integer
---@return boolean
local function wants_server(buf)
  local name = vim.api.nvim_buf_get_name(buf)
  return vim.bo[buf].buftype == ''
    and name ~= ''
    and not name:match('^%a[%w+.-]+://')
    and not vim.tbl_contains(config.options.disabled_filetypes, vim.bo[buf].filetype)
end

---@return curlew.LspClient?
function M.by_id(id)
  return vim.lsp.get_client_by_id(id)
end

--- The initialized client of a buffer.
---@param buf integer  0: the current one
---@return curlew.LspClient?
function M.of_buffer(buf)
  buf = buf == 0 and vim.api.nvim_get_current_buf() or buf
  for _, client in ipairs(compat.clients()) do
    if client.initialized and compat.is_attached(buf, client.id) then
      return client
    end
  end
end

--- Runs the command that an accepted item carries.
---@param client curlew.LspClient
---@param command? {command: string, arguments?: any[]}
function M.run_command(client, command)
  if command then
    M.execute(client, command.command, command.arguments)
  end
end

---@param client curlew.LspClient
---@param command string
---@param arguments? any[]
---@param handler? fun(err: table?, result: any)
function M.execute(client, command, arguments, handler)
  local params = { command = command, arguments = arguments or {} }
  compat.request(client, 'workspace/executeCommand', params, handler or function() end, 0)
end

--- Ours first, then what the editor or another plugin does with progress.
local function on_progress(err, result, ctx, ...)
  status.progress(result)
  local default = vim.lsp.handlers['$/progress']
  if default then
    return default(err, result, ctx, ...)
  end
end

local function on_status(_, params)
  status.server_says(params or {})
end

local function on_exit(code, signal)
  vim.schedule(function()
    if stopping then
      return
    end
    local now_ms = compat.uv.now()
    crashes = now_ms - crashed_at_ms < crash_forgotten_after_ms and crashes + 1 or 1
    crashed_at_ms = now_ms
    status.stopped(('the server ended (code %d, signal %d)'):format(code, signal))
    if crashes <= crashes_max then
      vim.defer_fn(M.attach_all, start_again_after_ms)
    end
  end)
end

---@param root string
local function server_config(root)
  local settings = vim.tbl_isempty(config.options.settings) and vim.empty_dict() or config.options.settings
  -- Position encodings are the editor's own choice: clients that differ in it on one buffer make
  -- Neovim before 0.11 complain.
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  capabilities.textDocument.inlineCompletion = { dynamicRegistration = false }
  capabilities.experimental = { curlewAskAndEdit = true } -- commands.lua
  return {
    name = 'curlew',
    cmd = config.options.cmd,
    root_dir = root,
    capabilities = capabilities,
    init_options = settings,
    settings = { curlew = settings },
    handlers = { ['$/progress'] = on_progress, didChangeStatus = on_status },
    on_init = function(client)
      status.running(client)
    end,
    on_attach = function(client)
      if M.uses_native() then
        require('curlew.native').attach(client.id)
      end
    end,
    on_exit = on_exit,
  }
end

---@return boolean
function M.uses_native()
  return config.options.native and compat.has_native_completion
end

---@param buf integer
function M.attach(buf)
  if not vim.api.nvim_buf_is_loaded(buf) or not wants_server(buf) or crashes > crashes_max then
    return
  end
  local program = config.options.cmd[1]
  if vim.fn.executable(program) == 0 then
    status.stopped(('%s is not a program that can be run'):format(program))
    vim.notify_once(('curlew: %s; see :checkhealth curlew'):format(status.error), vim.log.levels.WARN)
    return
  end
  status.starting()
  compat.start(server_config(M.root_of(vim.api.nvim_buf_get_name(buf))), buf)
end

function M.attach_all()
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    M.attach(buf)
  end
end

--- Stops every server, waits for their end, at most `wait_ms`.
---@param wait_ms integer
function M.stop(wait_ms)
  stopping = true
  for _, client in ipairs(compat.clients()) do
    compat.stop(client)
  end
  status.off()
  vim.wait(wait_ms, function()
    return #compat.clients() == 0
  end, 20)
  stopping = false
end

function M.restart()
  M.stop(2000)
  crashes = 0
  M.attach_all()
end

---@param augroup integer
function M.setup(augroup)
  vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile', 'BufFilePost', 'FileType' }, {
    group = augroup,
    callback = function(args)
      -- Later, when the file type is known: it names the language to the server.
      vim.schedule(function()
        if vim.api.nvim_buf_is_valid(args.buf) then
          M.attach(args.buf)
        end
      end)
    end,
  })
  vim.api.nvim_create_autocmd('VimLeavePre', {
    group = augroup,
    callback = function()
      stopping = true
    end,
  })
  M.attach_all()
end

return M
