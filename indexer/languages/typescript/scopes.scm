; inherits: ecmascript
[(interface_declaration) (type_alias_declaration) (function_signature) (method_signature) (abstract_method_signature) (call_signature) (construct_signature) (function_type) (constructor_type) (abstract_class_declaration) (mapped_type_clause)] @scope
[(internal_module) (module)] @scope.class
(abstract_class_declaration name: (_) @name) @definition
(interface_declaration name: (_) @name) @definition
(type_alias_declaration name: (_) @name) @definition
(enum_declaration name: (_) @name) @definition
(function_signature name: (_) @name) @definition
(internal_module name: (identifier) @name) @definition
(required_parameter pattern: (identifier) @parameter)
(optional_parameter pattern: (identifier) @parameter)
(required_parameter pattern: (rest_pattern (identifier) @parameter))
(type_parameter name: (type_identifier) @parameter)
(mapped_type_clause name: (type_identifier) @parameter)
(infer_type (type_identifier) @local.everywhere)
(index_signature name: (identifier) @skip)
(enum_assignment name: (_) @skip)
(type_identifier) @use
