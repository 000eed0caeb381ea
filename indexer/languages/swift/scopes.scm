[(function_declaration) (init_declaration) (lambda_literal) (computed_getter) (computed_setter) (subscript_declaration)] @scope.function
[(statements) (for_statement) (if_statement) (while_statement) (switch_entry) (catch_block)] @scope
[(class_declaration) (protocol_declaration)] @scope.class

(function_declaration name: (simple_identifier) @name) @definition
(class_declaration name: (type_identifier) @name) @definition
(class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @local.everywhere)))
(property_declaration name: (pattern bound_identifier: (simple_identifier) @local))
(property_declaration) @after
(property_declaration name: (pattern (pattern bound_identifier: (simple_identifier) @local)))
(parameter external_name: (simple_identifier) @skip)
(parameter name: (simple_identifier) @parameter)
(lambda_parameter name: (simple_identifier) @parameter)
(guard_statement bound_identifier: (simple_identifier) @local)
(guard_statement) @after
(if_statement bound_identifier: (simple_identifier) @local)
(while_statement bound_identifier: (simple_identifier) @local)
(for_statement item: (pattern bound_identifier: (simple_identifier) @local))
(for_statement item: (pattern (pattern bound_identifier: (simple_identifier) @local)))
(switch_pattern (pattern bound_identifier: (simple_identifier) @local))
(switch_pattern (pattern (pattern bound_identifier: (simple_identifier) @local)))
(catch_block error: (pattern bound_identifier: (simple_identifier) @local))
(type_parameter . (type_identifier) @parameter)

[(value_argument_label (simple_identifier) @skip) (navigation_suffix suffix: (simple_identifier) @skip)]
[(simple_identifier) (type_identifier)] @use
