[(function_declaration) (method_declaration) (func_literal)] @scope.function
[(if_statement) (for_statement) (expression_switch_statement) (type_switch_statement) (expression_case) (type_case) (default_case) (communication_case) (function_type) (type_spec) (method_elem)] @scope

; A function's body is no scope of its own: `:=` there assigns to a parameter of the name.
[(if_statement consequence: (block) @scope) (if_statement alternative: (block) @scope) (for_statement body: (block) @scope) (statement_list (block) @scope)]

(function_declaration name: (_) @name) @definition
(type_spec name: (_) @name) @definition
(method_declaration receiver: (parameter_list (parameter_declaration type: [(generic_type type_arguments: (type_arguments (type_elem (type_identifier) @parameter))) (pointer_type (generic_type type_arguments: (type_arguments (type_elem (type_identifier) @parameter))))])))
(parameter_declaration name: (identifier) @parameter)
(variadic_parameter_declaration name: (identifier) @parameter)
(type_parameter_declaration name: (identifier) @parameter)
(type_identifier) @use
(short_var_declaration left: (expression_list (identifier) @local))
(short_var_declaration) @after
(range_clause left: (expression_list (identifier) @local) ":=")
(range_clause) @after
(receive_statement left: (expression_list (identifier) @local) ":=")
(receive_statement) @after
(type_switch_statement alias: (expression_list (identifier) @local))
(var_spec name: (identifier) @local)
(var_spec) @after
(const_spec name: (identifier) @local)
(const_spec) @after

(keyed_element key: (literal_element (identifier) @skip))
[(labeled_statement label: (_) @skip) (goto_statement (label_name) @skip) (break_statement (label_name) @skip) (continue_statement (label_name) @skip)]
(identifier) @use
