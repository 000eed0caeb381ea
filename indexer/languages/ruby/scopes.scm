[(method) (singleton_method)] @scope.function
[(block) (do_block) (lambda)] @scope
[(class) (module) (singleton_class)] @scope.function
(method_parameters (identifier) @parameter)
(block_parameters (identifier) @parameter)
(lambda_parameters (identifier) @parameter)
(optional_parameter name: (identifier) @parameter)
(keyword_parameter name: (identifier) @parameter)
(splat_parameter name: (identifier) @parameter)
(hash_splat_parameter name: (identifier) @parameter)
(block_parameter name: (identifier) @parameter)
(destructured_parameter (identifier) @parameter)
(exception_variable (identifier) @local.assigned)
(assignment left: (identifier) @local.assigned)
(operator_assignment left: (identifier) @local.assigned)
(left_assignment_list (identifier) @local.assigned)
(for pattern: (identifier) @local.assigned)
(call method: (identifier) @skip)
(method name: (identifier) @skip)
(singleton_method name: (identifier) @skip)
(identifier) @use
