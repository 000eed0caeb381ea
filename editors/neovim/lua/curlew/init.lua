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

--- For a status line: "curlew: ready".
---@return string
function M.statusline()
  return 'curlew: ' .. status.text()
end

--- What a key did before: nil when the user mapped it, which we leave alone.
---@param key string
---@return (fun(): string)?
local function meaning_before(key)
  local mapping = vim.fn.maparg(key, 'i', false, true)
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

--- Maps an insert-mode key, which does what it always did when the action returns false.
---@param key string|false
---@param action fun(): boolean?
local function map(key, action)
  local otherwise = key and meaning_before(key)
  if not otherwise then
    return
  end
  vim.keymap.set('i', key, function()
    return action() == false and otherwise() or ''
  end, { expr = true, silent = true, desc = description })
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

  local keys = config.options.keymaps
  map(keys.accept, M.accept)
  map(keys.accept_word, M.accept_word)
  map(keys.accept_line, M.accept_line)
  map(keys.dismiss, only_when_visible(M.dismiss))
  map(keys.trigger, function()
    vim.schedule(M.trigger)
  end)
end

return M
