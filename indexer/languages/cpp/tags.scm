; inherits: c
(declaration (type_qualifier "constexpr") declarator: (_) @declarator) @definition.constant
(field_declaration (storage_class_specifier "static") (type_qualifier ["const" "constexpr"]) declarator: (_) @declarator) @definition.constant
(namespace_definition name: (_) @name) @definition.module
(namespace_alias_definition name: (_) @name) @definition.module
(class_specifier name: (_) @declarator body: (_)) @definition.class
(struct_specifier name: [(template_type) (qualified_identifier)] @declarator body: (_)) @definition.struct
(union_specifier name: [(template_type) (qualified_identifier)] @declarator body: (_)) @definition.struct
(alias_declaration name: (_) @name) @definition.type
(concept_definition name: (_) @name) @definition.type
(template_declaration) @wrapper
(lambda_expression) @scope

(using_declaration (qualified_identifier name: (identifier) @reference.import))
(call_expression function: (qualified_identifier name: (identifier) @reference.call))
(call_expression function: (qualified_identifier name: (qualified_identifier name: (identifier) @reference.call)))
(template_function name: (identifier) @reference.call)
(template_method name: (field_identifier) @reference.call)
(namespace_identifier) @reference.type
(optional_parameter_declaration declarator: (_) @local)
(for_range_loop declarator: (_) @local)
(type_parameter_declaration (type_identifier) @local)
