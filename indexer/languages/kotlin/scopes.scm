[(function_declaration) (lambda_literal) (anonymous_function) (secondary_constructor) (getter) (setter) (anonymous_initializer)] @scope.function
[(block) (for_statement) (catch_block) (when_entry) (when_expression) (if_expression)] @scope
[(class_declaration) (object_declaration) (companion_object) (object_literal)] @scope.class

(class_declaration name: (identifier) @name) @definition
(object_declaration name: (identifier) @name) @definition
(function_declaration name: (identifier) @name) @definition
(property_declaration (variable_declaration . (identifier) @local))
(property_declaration (multi_variable_declaration (variable_declaration . (identifier) @local)))
(property_declaration) @after
(class_body (property_declaration (variable_declaration . (identifier) @local.everywhere)))
(class_parameter . (identifier) @parameter)
(class_parameter ["val" "var"] . (identifier) @local.everywhere)
(parameter . (identifier) @parameter)
(lambda_parameters (variable_declaration . (identifier) @parameter))
(lambda_parameters (multi_variable_declaration (variable_declaration . (identifier) @parameter)))
(for_statement (variable_declaration . (identifier) @local))
(for_statement (multi_variable_declaration (variable_declaration . (identifier) @local)))
(catch_block . (identifier) @parameter)
(type_parameter . (identifier) @parameter)

(navigation_expression (_) (identifier) @skip .)
(value_argument . (identifier) @skip "=")
(identifier) @use
