[(function_definition) (lambda)] @scope.function
[(list_comprehension) (set_comprehension) (dictionary_comprehension) (generator_expression)] @scope
(class_definition) @scope.closed

; What is evaluated where the function or class is defined.
(class_definition superclasses: (_) @outside)
(default_parameter value: (_) @outside)
(typed_default_parameter value: (_) @outside)
(typed_default_parameter type: (_) @outside)
(typed_parameter type: (_) @outside)
(function_definition return_type: (_) @outside)
[(list_comprehension body: (_) . (for_in_clause right: (_) @outside)) (set_comprehension body: (_) . (for_in_clause right: (_) @outside)) (dictionary_comprehension body: (_) . (for_in_clause right: (_) @outside)) (generator_expression body: (_) . (for_in_clause right: (_) @outside))]

(function_definition name: (identifier) @name) @definition
(class_definition name: (identifier) @name) @definition

(parameters (identifier) @parameter)
(parameters (typed_parameter . (identifier) @parameter))
(lambda_parameters (identifier) @parameter)
(parameters (list_splat_pattern (identifier) @parameter))
(parameters (dictionary_splat_pattern (identifier) @parameter))
(typed_parameter [(list_splat_pattern (identifier) @parameter) (dictionary_splat_pattern (identifier) @parameter)])
(lambda_parameters [(list_splat_pattern (identifier) @parameter) (dictionary_splat_pattern (identifier) @parameter)])
(default_parameter name: (identifier) @parameter)
(typed_default_parameter name: (identifier) @parameter)

(assignment left: (identifier) @local.function)
(augmented_assignment left: (identifier) @local.function)
(named_expression name: (identifier) @local.function)
(for_statement left: (identifier) @local.function)
(as_pattern_target (identifier) @local.function)
(as_pattern_target (tuple (identifier) @local.function))
(as_pattern_target (list (identifier) @local.function))
(as_pattern_target (tuple (tuple (identifier) @local.function)))
(pattern_list (identifier) @local.function)
(tuple_pattern (identifier) @local.function)
(list_pattern (identifier) @local.function)
(list_splat_pattern (identifier) @local.function)
(delete_statement (identifier) @local.function)
(delete_statement (expression_list (identifier) @local.function))
(for_in_clause left: (identifier) @local.everywhere)
(for_in_clause left: (pattern_list (identifier) @local.everywhere))
(for_in_clause left: (tuple_pattern (identifier) @local.everywhere))
(for_in_clause left: (pattern_list (tuple_pattern (identifier) @local.everywhere)))
(for_in_clause left: (tuple_pattern (tuple_pattern (identifier) @local.everywhere)))
(case_pattern (dotted_name . (identifier) @local.function .))
(splat_pattern (identifier) @local.function)

(import_statement name: (dotted_name . (identifier) @local.function))
(import_from_statement name: (dotted_name . (identifier) @local.function))
(aliased_import alias: (identifier) @local.function)
(aliased_import name: (dotted_name (identifier) @skip))
(import_from_statement module_name: (dotted_name (identifier) @skip))
(import_from_statement module_name: (relative_import (dotted_name (identifier) @skip)))
(import_statement name: (dotted_name (identifier) . (identifier) @skip))
(import_statement name: (dotted_name (identifier) (identifier) . (identifier) @skip))

(nonlocal_statement (identifier) @outer)
(global_statement (identifier) @outer.file)

(attribute attribute: (identifier) @skip)
(keyword_argument name: (identifier) @skip)
(identifier) @use
