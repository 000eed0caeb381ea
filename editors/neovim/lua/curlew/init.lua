-- Curlew for Neovim: require('curlew').setup({ ... }), see :help curlew.

local client_module = require('curlew.client')
local config = require('curlew.config')
local status = require('curlew.status')

local M = {}

local description = 'Curlew' -- of our mappings; health.lua knows them by it

--- The module that shows suggestions: the editor's own feature, or ours.
local function engine()
  return client_module.uses_native() and require('curlew.native') or require('curlew.completion')
end

---@param part curlew.Part
---@return boolean accepted  false: there was no suggestion
local function accept(part)
  if client_module.uses_native() then
    return require('curlew.native').accept(part)
  end
  local completion = require('curlew.completion')
  if not completion.visible() then
    return false
  end
  vim.schedule(function() -- an <expr> mapping must not change the text itself
    completion.accept(part)
  end)
  return true
end

function M.accept()
  return accept('all')
end

function M.accept_word()
  return accept('word')
end

function M.accept_line()
  return accept('line')
end

function M.dismiss()
  engine().clear()
end

--- Asks for a suggestion now. With native inline completion the editor asks by itself.
function M.trigger()
  if not client_module.uses_native() then
    require('curlew.completion').trigger()
  end
end

--- Goes to the next edit that is shown; there, makes it.
---@return boolean done  false: there is none
function M.next_edit()
  local next_edit = require('curlew.next_edit')
  if not next_edit.visible() then
    return false
  end
  vim.schedule(next_edit.accept)
  return true
end

--- Hides the next edit that is shown, for good.
---@return boolean done  false: there is none
function M.dismiss_next_edit()
  local next_edit = require('curlew.next_edit')
  if not next_edit.visible() then
    return false
  end
  vim.schedule(next_edit.dismiss)
  return true
end

--- For a status line: "curlew: ready".
---@return string
function M.statusline()
  return 'curlew: ' .. status.text()
end

--- What a key did before: nil when the user mapped it, which we leave alone.
---@param mode string
---@param key string
---@return (fun(): string)?
local function meaning_before(mode, key)
  local mapping = vim.fn.maparg(key, mode, false, true)
  if vim.tbl_isempty(mapping) then
    return function()
      return key
    end
  end
  -- Neovim 0.11 maps <Tab> itself, to jump in snippets.
  local by_editor = mapping.callback and (mapping.desc or ''):match('^vim%.')
  local ours = mapping.desc == description
  return (by_editor or ours) and (mapping.callback or function()
    return key
  end) or nil
end

--- Maps the key of that name, which does what it always did when the action returns false.
---@param name string  of config.options.keymaps
---@param action fun(): boolean?
local function map(name, action)
  local key = config.options.keymaps[name]
  for _, mode in ipairs(key and config.modes_of(name) or {}) do
    local otherwise = meaning_before(mode, key)
    if otherwise then
      vim.keymap.set(mode, key, function()
        return action() == false and otherwise() or ''
      end, { expr = true, silent = true, desc = description })
    end
  end
end

--- An action for a key that means something else without a suggestion.
local function only_when_visible(action)
  return function()
    if not client_module.uses_native() and not require('curlew.completion').visible() then
      return false
    end
    vim.schedule(action)
  end
end

---@param options? curlew.Config|table
function M.setup(options)
  for _, complaint in ipairs(config.apply(options)) do
    vim.notify('curlew: ' .. complaint, vim.log.levels.ERROR)
  end
  local augroup = vim.api.nvim_create_augroup('curlew', { clear = true })
  require('curlew.ghost').setup()
  if not client_module.uses_native() then
    require('curlew.completion').setup(augroup)
  end
  client_module.setup(augroup)
  require('curlew.diagnostics').setup(augroup)
  require('curlew.commands').setup()

  map('accept', M.accept)
  map('accept_word', M.accept_word)
  map('accept_line', M.accept_line)
  map('dismiss', only_when_visible(M.dismiss))
  map('trigger', function()
    vim.schedule(M.trigger)
  end)
  if config.options.next_edit then
    require('curlew.next_edit').setup(augroup)
    map('next_edit', M.next_edit)
    map('dismiss_next_edit', M.dismiss_next_edit)
  end
end

return M
