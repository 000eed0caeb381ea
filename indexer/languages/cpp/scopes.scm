; inherits: c
[(lambda_expression)] @scope.function
[(for_range_loop) (template_declaration) (catch_clause) (requires_expression)] @scope
[(class_specifier) (struct_specifier) (union_specifier)] @scope.class
(namespace_definition) @scope.class
(field_declaration declarator: (reference_declarator (function_declarator parameters: (_) @scope)))
(declaration declarator: (reference_declarator (function_declarator parameters: (_) @scope)))
(field_declaration declarator: (_) @local.everywhere)
(field_declaration declarator: (function_declarator declarator: (field_identifier) @local.everywhere))
(optional_parameter_declaration declarator: (_) @parameter)
(variadic_parameter_declaration declarator: (variadic_declarator (identifier) @parameter))
(for_range_loop declarator: (_) @local)
(type_parameter_declaration (type_identifier) @parameter)
(optional_type_parameter_declaration name: (type_identifier) @parameter)
(variadic_type_parameter_declaration (type_identifier) @parameter)
(template_template_parameter_declaration (type_parameter_declaration (type_identifier) @parameter))
(structured_binding_declarator (identifier) @local)
(init_declarator declarator: (structured_binding_declarator (identifier) @local))
(lambda_capture_initializer left: (identifier) @parameter)
(alias_declaration name: (type_identifier) @local)
(class_specifier name: (type_identifier) @name body: (_)) @definition
(struct_specifier name: (type_identifier) @name body: (_)) @definition
(qualified_identifier name: (identifier) @skip)
(field_initializer . (field_identifier) @use)
[(type_identifier) (namespace_identifier)] @use
