-- :Curlew context opens a read-only window with the pieces of the workspace that stood in the last
-- completion's prompt.

local M = {}

local excerpt_lines_max = 60

---@class curlew.ContextEntry  as docs/protocol.md has it; lines are 1-based, inclusive
---@field path string
---@field start_line integer
---@field end_line integer
---@field score number
---@field why string

---@param entry curlew.ContextEntry
---@param root? string
---@return string[]
local function excerpt(entry, root)
  local file = root and (root .. '/' .. entry.path)
  if not file or vim.fn.filereadable(file) == 0 then
    return {}
  end
  local last = math.min(entry.end_line, entry.start_line + excerpt_lines_max - 1)
  local lines = vim.list_slice(vim.fn.readfile(file, '', last), entry.start_line)
  return vim.tbl_map(function(line)
    return '    ' .. line
  end, lines)
end

---@param entries curlew.ContextEntry[]
---@param root? string  the workspace, for excerpts
---@return string[] lines  Markdown
function M.describe(entries, root)
  local lines = { '# Context of the last completion', '' }
  if #entries == 0 then
    table.insert(lines, 'Nothing but the file itself stood in the prompt.')
  end
  for _, entry in ipairs(entries) do
    table.insert(lines, ('## %s:%d-%d'):format(entry.path, entry.start_line, entry.end_line))
    table.insert(lines, ('%s (score %.2f)'):format(entry.why, entry.score))
    table.insert(lines, '')
    vim.list_extend(lines, excerpt(entry, root))
    table.insert(lines, '')
  end
  return lines
end

---@param server_status table  answer to `curlew/status`
function M.open(server_status)
  local last = (server_status.completion or {}).last
  if type(last) ~= 'table' then
    vim.notify('curlew: nothing was completed yet')
    return
  end
  local index = (server_status.index or {})[1] or {}
  local lines = M.describe(last.context or {}, index.root)
  vim.cmd('botright new')
  local buf = vim.api.nvim_get_current_buf()
  vim.bo[buf].buftype, vim.bo[buf].bufhidden, vim.bo[buf].swapfile = 'nofile', 'wipe', false
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].filetype, vim.bo[buf].modifiable = 'markdown', false
end

return M
