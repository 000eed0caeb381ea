-- :checkhealth curlew

local M = {}

--- vim.health has these names since 0.10; before, the module was `health` and the names longer.
local function reporters()
  local health = vim.health or require('health')
  local names = { 'start', 'ok', 'info', 'warn', 'error' }
  local report = {}
  for _, name in ipairs(names) do
    report[name] = health[name] or health['report_' .. name]
  end
  return report
end

local function check_program(report, config)
  local program = config.options.cmd[1]
  if vim.fn.executable(program) == 0 then
    report.error(('%s is not a program that can be run'):format(program), {
      'Build Curlew with `make demo` and put build/release/curlew on your PATH,',
      "or name it: require('curlew').setup({ cmd = { '/path/to/curlew', 'lsp' } })",
    })
    return
  end
  report.ok(('server: %s'):format(vim.fn.exepath(program)))
end

local function check_keys(report, config)
  for name, key in pairs(config.options.keymaps) do
    for _, mode in ipairs(config.modes_of(name)) do
      local mapped = key and vim.fn.maparg(key, mode, false, true)
      if mapped and not vim.tbl_isempty(mapped) and mapped.desc ~= 'Curlew' then
        report.warn(('%s is already mapped in mode %s, so %s has no key'):format(key, mode, name), {
          ("Call require('curlew').%s() from your mapping; it returns false when there is nothing to do"):format(name),
        })
      end
    end
  end
end

function M.check()
  local compat = require('curlew.compat')
  local config = require('curlew.config')
  local status = require('curlew.status')
  local report = reporters()
  report.start('curlew')
  check_program(report, config)

  local native = require('curlew.client').uses_native()
  report.info('ghost text: ' .. (native and "the editor's inline completion" or "the plugin's own"))
  if status.state == 'off' then
    report.info("no server yet: call require('curlew').setup() and open a file")
  elseif status.state == 'stopped' then
    report.error(status.error)
  elseif status.warning then
    report.warn(status.warning)
  else
    report.ok('state: ' .. status.text())
  end
  for _, client in ipairs(compat.clients()) do
    report.ok(('client %d counts positions in %s'):format(client.id, client.offset_encoding))
  end
  check_keys(report, config)
end

return M
