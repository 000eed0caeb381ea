-- Tells the server what others say of a buffer, so that it can repair errors before anybody asks:
-- `curlew/didChangeDiagnostics`, see docs/protocol.md. Neovim passes on to a server's code actions
-- only what that server itself reported, so the server learns of the rest from here, too.

local client_module = require('curlew.client')
local compat = require('curlew.compat')
local offsets = require('curlew.offsets')

local M = {}

local own_source = 'curlew'

---@param buf integer
---@param encoding string
local function position(buf, row, byte, encoding)
  local line = vim.api.nvim_buf_get_lines(buf, row, row + 1, false)[1] or ''
  return { line = row, character = offsets.to_units(line, byte, encoding) }
end

---@param buf integer
---@param client curlew.LspClient
---@return table[]  as LSP has them
function M.of_buffer(buf, client)
  local out = {}
  for _, one in ipairs(vim.diagnostic.get(buf)) do
    if one.source ~= own_source then
      local encoding = client.offset_encoding or 'utf-16'
      table.insert(out, {
        range = {
          start = position(buf, one.lnum, one.col, encoding),
          ['end'] = position(buf, one.end_lnum or one.lnum, one.end_col or one.col, encoding),
        },
        severity = one.severity, -- Neovim counts as LSP does
        code = one.code,
        source = one.source,
        message = one.message,
      })
    end
  end
  return out
end

---@param buf integer
function M.tell(buf)
  local client = vim.api.nvim_buf_is_loaded(buf) and client_module.of_buffer(buf)
  if not client then
    return
  end
  local diagnostics = M.of_buffer(buf, client)
  compat.notify(client, 'curlew/didChangeDiagnostics', {
    textDocument = { uri = vim.uri_from_bufnr(buf), version = compat.version(buf) },
    diagnostics = diagnostics,
  })
end

---@param augroup integer
function M.setup(augroup)
  vim.api.nvim_create_autocmd('DiagnosticChanged', {
    group = augroup,
    callback = function(args)
      vim.schedule(function() -- behind the didChange that brought them
        if vim.api.nvim_buf_is_valid(args.buf) then
          M.tell(args.buf)
        end
      end)
    end,
  })
end

return M
