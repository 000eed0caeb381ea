[(method_declaration) (constructor_declaration) (local_function_statement) (lambda_expression) (anonymous_method_expression) (accessor_declaration) (operator_declaration) (indexer_declaration)] @scope.function
[(block) (for_statement) (foreach_statement) (using_statement) (catch_clause) (switch_section) (switch_expression_arm) (delegate_declaration) (fixed_statement)] @scope
[(class_declaration) (struct_declaration) (interface_declaration) (record_declaration) (enum_declaration)] @scope.class

(class_declaration name: (_) @name) @definition
(struct_declaration name: (_) @name) @definition
(interface_declaration name: (_) @name) @definition
(record_declaration name: (_) @name) @definition
(enum_declaration name: (_) @name) @definition
(local_function_statement name: (_) @name) @definition
(method_declaration name: (_) @local.everywhere)
(field_declaration (variable_declaration (variable_declarator name: (_) @local.everywhere)))
(event_field_declaration (variable_declaration (variable_declarator name: (_) @local.everywhere)))
(property_declaration name: (_) @local.everywhere)

(parameter name: (identifier) @parameter)
(parameter_list name: (identifier) @parameter)
(implicit_parameter) @parameter
(type_parameter name: (identifier) @parameter)
(local_declaration_statement (variable_declaration (variable_declarator name: (identifier) @local)))
(for_statement initializer: (variable_declaration (variable_declarator name: (identifier) @local)))
(using_statement (variable_declaration (variable_declarator name: (identifier) @local)))
(fixed_statement (variable_declaration (variable_declarator name: (identifier) @local)))
(foreach_statement left: (identifier) @local)
(foreach_statement left: (tuple_pattern name: (identifier) @local))
(catch_declaration name: (identifier) @local)
(declaration_pattern name: (identifier) @local)
(declaration_expression name: (identifier) @local)
(var_pattern name: (identifier) @local)

(member_access_expression name: (identifier) @skip)
(member_binding_expression name: (identifier) @skip)
(qualified_name name: (identifier) @skip)
(attribute name: (identifier) @skip)
(argument name: (identifier) @skip)
(object_creation_expression type: (identifier) @skip)
(using_directive name: (identifier) @local.everywhere)
(identifier) @use
