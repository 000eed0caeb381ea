-- Loaded at start: only the command and the <Plug> mappings. Everything else waits for require('curlew').setup().

if vim.g.loaded_curlew then
  return
end
vim.g.loaded_curlew = true

vim.keymap.set({ 'n', 'i' }, '<Plug>(CurlewNextEdit)', function()
  require('curlew').next_edit()
end)
vim.keymap.set({ 'n', 'i' }, '<Plug>(CurlewDismissNextEdit)', function()
  require('curlew').dismiss_next_edit()
end)

vim.api.nvim_create_user_command('Curlew', function(args)
  local named = args.range > 0
  require('curlew.commands').run(args.args, named and args.line1 or nil, named and args.line2 or nil)
end, {
  nargs = '*',
  range = true,
  desc = 'Curlew: status, restart, pause, context, reindex, repair, edit',
  complete = function(lead)
    return require('curlew.commands').complete(lead)
  end,
})
