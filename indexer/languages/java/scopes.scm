[(method_declaration) (constructor_declaration) (compact_constructor_declaration) (lambda_expression) (static_initializer)] @scope.function
[(block) (constructor_body) (for_statement) (enhanced_for_statement) (catch_clause) (try_with_resources_statement) (switch_block) (switch_rule)] @scope
[(class_declaration) (interface_declaration) (enum_declaration) (record_declaration) (annotation_type_declaration) (class_body)] @scope.class

(class_declaration name: (_) @name) @definition
(interface_declaration name: (_) @name) @definition
(enum_declaration name: (_) @name) @definition
(record_declaration name: (_) @name) @definition
(method_declaration name: (_) @skip)
(method_invocation name: (_) @skip)
(field_declaration declarator: (variable_declarator name: (_) @local.everywhere))
(constant_declaration declarator: (variable_declarator name: (_) @local.everywhere))
(enum_constant name: (_) @local.everywhere)

(formal_parameter name: (identifier) @parameter)
(spread_parameter (variable_declarator name: (identifier) @parameter))
(catch_formal_parameter name: (identifier) @parameter)
(inferred_parameters (identifier) @parameter)
(lambda_expression parameters: (identifier) @parameter)
(type_parameter (type_identifier) @parameter)
(local_variable_declaration declarator: (variable_declarator name: (identifier) @local))
(enhanced_for_statement name: (identifier) @local)
(resource name: (identifier) @local)
(instanceof_expression name: (identifier) @local)
(type_pattern (identifier) @local)
(record_pattern_component (identifier) @local)

(field_access field: (identifier) @skip)
(method_reference (_) (identifier) @skip)
[(labeled_statement . (identifier) @skip) (break_statement (identifier) @skip) (continue_statement (identifier) @skip)]
(scoped_identifier (identifier) @skip)
[(marker_annotation name: (identifier) @skip) (annotation name: (identifier) @skip)]
(element_value_pair key: (identifier) @skip)
[(identifier) (type_identifier)] @use
