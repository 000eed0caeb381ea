; inherits: ecmascript
(field_definition property: (_) @name value: [(arrow_function) (function_expression)]) @definition.method
(field_definition property: (_) @name) @definition.field
(class_heritage (identifier) @reference.type)
(class_heritage (member_expression property: (property_identifier) @reference.type))
(class_heritage [(identifier) @implements (member_expression property: (property_identifier) @implements)])
(formal_parameters (identifier) @local)
(formal_parameters (assignment_pattern left: (identifier) @local))
(rest_pattern (identifier) @local)
[(jsx_opening_element name: (identifier) @reference.call) (jsx_self_closing_element name: (identifier) @reference.call)]
