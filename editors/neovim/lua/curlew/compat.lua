-- What differs between Neovim 0.7 and 0.12, in one place.

local M = {}

M.uv = vim.uv or vim.loop

M.has_inline_virt_text = vim.fn.has('nvim-0.10') == 1
M.has_native_completion = vim.lsp.inline_completion ~= nil -- 0.12

local methods_take_self = vim.fn.has('nvim-0.11') == 1

---@class curlew.LspClient  the part of vim.lsp.Client used here
---@field id integer
---@field name string
---@field offset_encoding string
---@field initialized? boolean
---@field server_capabilities table

---@return curlew.LspClient[]  ours only
function M.clients()
  local all = (vim.lsp.get_clients or vim.lsp.get_active_clients)()
  return vim.tbl_filter(function(client)
    return client.name == 'curlew'
  end, all)
end

---@param client curlew.LspClient
---@param handler fun(err: table?, result: any)
---@return integer? request_id  nil when the server is gone
function M.request(client, method, params, handler, buf)
  local ok, id
  if methods_take_self then
    ok, id = client:request(method, params, handler, buf)
  else
    ok, id = client.request(method, params, handler, buf)
  end
  return ok and id or nil
end

---@param client curlew.LspClient
function M.notify(client, method, params)
  if methods_take_self then
    client:notify(method, params)
  else
    client.notify(method, params)
  end
end

---@param client curlew.LspClient
---@param request_id integer
function M.cancel(client, request_id)
  if methods_take_self then
    client:cancel_request(request_id)
  else
    client.cancel_request(request_id)
  end
end

---@param client curlew.LspClient
function M.stop(client)
  if methods_take_self then
    client:stop()
  else
    client.stop()
  end
end

local started = {} ---@type table<string, integer>  root -> client id, where vim.lsp.start is missing

--- Starts a server for `config.root_dir`, or takes the one that runs there, and attaches the buffer.
function M.start(config, buf)
  if vim.lsp.start then
    vim.api.nvim_buf_call(buf, function() -- 0.8 attaches the current buffer, whatever it is told
      vim.lsp.start(config)
    end)
    return
  end
  local id = started[config.root_dir]
  if not id or not vim.lsp.get_client_by_id(id) then
    id = vim.lsp.start_client(config)
    started[config.root_dir] = id
  end
  if id then
    vim.lsp.buf_attach_client(buf, id)
  end
end

--- The version that the server knows the buffer by; nil before it does.
---@return integer?
function M.version(buf)
  return vim.lsp.util.buf_versions[buf]
end

---@return boolean
function M.is_attached(buf, client_id)
  return vim.lsp.buf_is_attached(buf, client_id)
end

return M
