[(function_declaration) (function_definition)] @scope.function
[(block) (for_statement) (while_statement) (repeat_statement)] @scope
(parameters name: (identifier) @parameter)
(for_numeric_clause name: (identifier) @local.everywhere)
(for_generic_clause (variable_list name: (identifier) @local.everywhere))
(variable_declaration (assignment_statement (variable_list name: (identifier) @local.new)))
(variable_declaration (variable_list name: (identifier) @local.new))
(variable_declaration) @after
(dot_index_expression field: (identifier) @skip)
(method_index_expression method: (identifier) @skip)
(field name: (identifier) @skip)
(identifier) @use
