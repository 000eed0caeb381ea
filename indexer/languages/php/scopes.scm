[(function_definition) (method_declaration) (anonymous_function)] @scope.function
(arrow_function) @scope
(simple_parameter name: (variable_name) @parameter)
(variadic_parameter name: (variable_name) @parameter)
(property_promotion_parameter name: (variable_name) @parameter)
(anonymous_function_use_clause (variable_name) @parameter)
(assignment_expression left: (variable_name) @local.function)
(assignment_expression left: (list_literal (variable_name) @local.function))
(assignment_expression left: (array_creation_expression (array_element_initializer (variable_name) @local.function)))
(augmented_assignment_expression left: (variable_name) @local.function)
(foreach_statement (variable_name) @local.function)
(foreach_statement (pair (variable_name) @local.function))
(catch_clause name: (variable_name) @local.function)
(function_static_declaration (static_variable_declaration name: (variable_name) @local.function))
(global_declaration (variable_name) @outer.file)
(property_element name: (variable_name) @skip)
(scoped_property_access_expression name: (variable_name) @skip)
(variable_name) @use
