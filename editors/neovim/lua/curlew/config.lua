-- What the user may set, with defaults, and the check of it.

local M = {}

---@class curlew.Keymaps  false leaves one unmapped
---@field accept string|false
---@field accept_word string|false
---@field accept_line string|false
---@field dismiss string|false
---@field trigger string|false
---@field next_edit string|false  goes to the next edit; there, makes it
---@field dismiss_next_edit string|false

---@class curlew.Config
---@field cmd string[]  the server and its arguments
---@field settings table<string, any>  sent to the server as section `curlew`: model, device, lines, ...
---@field auto_trigger boolean  suggest while typing; else only on the trigger key
---@field debounce_ms integer  pause in typing before the server is asked
---@field next_edit boolean  show the edit that most likely comes next
---@field next_edit_debounce_ms integer  pause after an edit before the server is asked for the next one
---@field native boolean  use the editor's own inline completion where it has one (Neovim 0.12)
---@field disabled_filetypes string[]
---@field root_markers string[]  a folder that holds one of these is a workspace root
---@field keymaps curlew.Keymaps

---@type curlew.Config
M.defaults = {
  cmd = { 'curlew', 'lsp' },
  settings = {},
  auto_trigger = true,
  debounce_ms = 60,
  next_edit = true,
  next_edit_debounce_ms = 250,
  native = true,
  disabled_filetypes = {},
  root_markers = { 'curlew.toml', '.git', 'compile_commands.json' },
  keymaps = {
    accept = '<Tab>',
    accept_word = '<M-l>',
    accept_line = '<M-j>',
    dismiss = '<C-]>',
    trigger = [[<M-\>]],
    next_edit = '<M-n>',
    dismiss_next_edit = '<M-q>',
  },
}

--- Modes in which a key is mapped; insert mode where nothing stands here.
---@type table<string, string[]>
local keymap_modes = {
  next_edit = { 'n', 'i' },
  dismiss_next_edit = { 'n', 'i' },
}

---@param name string  of a key
---@return string[]
function M.modes_of(name)
  return keymap_modes[name] or { 'i' }
end

---@type curlew.Config
M.options = vim.deepcopy(M.defaults)

---@param given table  what the user wrote
---@param known table  what stands there by default
---@param path string
---@param complaints string[]
local function compare(given, known, path, complaints)
  for key, value in pairs(given) do
    local name = path .. tostring(key)
    local default = known[key]
    if default == nil then
      table.insert(complaints, ('unknown option %s'):format(name))
    elseif path == 'keymaps.' then
      if value ~= false and type(value) ~= 'string' then
        table.insert(complaints, ('%s: a key or false, not %s'):format(name, type(value)))
      end
    elseif type(value) ~= type(default) then
      table.insert(complaints, ('%s: %s expected, not %s'):format(name, type(default), type(value)))
    elseif name == 'keymaps' then
      compare(value, default, 'keymaps.', complaints)
    end
  end
end

--- Takes over the user's options. Wrong ones are named in the answer and replaced by the defaults.
---@param given? table
---@return string[] complaints
function M.apply(given)
  local complaints = {} ---@type string[]
  compare(given or {}, M.defaults, '', complaints)
  M.options = vim.deepcopy(M.defaults)
  if #complaints == 0 then
    -- Lists are taken whole, not merged by index.
    for key, value in pairs(given or {}) do
      M.options[key] = key == 'keymaps' and vim.tbl_extend('force', M.defaults.keymaps, value) or value
    end
  end
  return complaints
end

return M
