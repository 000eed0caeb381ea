-- Loaded at start: only the command. Everything else waits for require('curlew').setup().

if vim.g.loaded_curlew then
  return
end
vim.g.loaded_curlew = true

vim.api.nvim_create_user_command('Curlew', function(args)
  require('curlew.commands').run(args.args)
end, {
  nargs = '?',
  desc = 'Curlew: status, restart, pause, context, reindex',
  complete = function(lead)
    return require('curlew.commands').complete(lead)
  end,
})
