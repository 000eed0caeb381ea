(function_definition) @scope.function
[(compound_statement) (for_statement) (if_statement) (while_statement) (switch_statement)] @scope
(declaration declarator: (function_declarator parameters: (_) @scope))
(declaration declarator: (_ declarator: (function_declarator parameters: (_) @scope)))
(field_declaration declarator: (function_declarator parameters: (_) @scope))
(field_declaration declarator: (_ declarator: (function_declarator parameters: (_) @scope)))
(type_definition declarator: (function_declarator parameters: (_) @scope))
(type_definition declarator: (_ declarator: (function_declarator parameters: (_) @scope)))
(parameter_declaration declarator: (function_declarator parameters: (_) @scope))
(function_declarator declarator: (parenthesized_declarator) parameters: (_) @scope)
(type_descriptor declarator: (_) @scope)

(function_definition declarator: (_) @name) @definition
(parameter_declaration declarator: (_) @parameter)
(declaration declarator: (_) @local)
(preproc_function_def parameters: (preproc_params (identifier) @skip))

[(goto_statement label: (_) @skip) (labeled_statement label: (_) @skip)]
(identifier) @use
