(class_declaration declaration_kind: "extension" name: (user_type (type_identifier) @name)) @scope
(class_declaration declaration_kind: "struct" name: (type_identifier) @name) @definition.struct
(class_declaration declaration_kind: "enum" name: (type_identifier) @name) @definition.enum
(class_declaration declaration_kind: ["class" "actor"] name: (type_identifier) @name) @definition.class
(protocol_declaration name: (type_identifier) @name) @definition.interface
(typealias_declaration "typealias" . name: (type_identifier) @name) @definition.type
(associatedtype_declaration name: (type_identifier) @name) @declaration.type
(enum_entry name: (simple_identifier) @name) @definition.enum_member
(init_declaration "init" @name body: (_)) @definition.constructor
(init_declaration "init" @name) @declaration.constructor
(deinit_declaration "deinit" @name) @definition.method
(subscript_declaration "subscript" @name) @definition.method
(function_declaration name: (simple_identifier) @name) @definition.function
(function_declaration name: [(custom_operator) "==" "!=" "===" "!==" "<" ">" "<=" ">=" "+" "-" "*" "/" "%" "+=" "-=" "*=" "/=" "%=" "&" "|" "^" "~" "<<" ">>" "++" "--"] @name) @definition.function
(protocol_function_declaration name: (simple_identifier) @name) @declaration.method
(protocol_property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.property
(class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.property)
(enum_class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.property)
(property_declaration (value_binding_pattern mutability: "let") name: (pattern bound_identifier: (simple_identifier) @name)) @definition.constant
(property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.variable
(property_declaration name: (pattern (pattern bound_identifier: (simple_identifier) @name))) @definition.variable
(operator_declaration (custom_operator) @name) @definition.function
[(lambda_literal) (computed_property) (willset_didset_block)] @scope

; XCTest and Swift Testing.
(class_body (function_declaration name: (simple_identifier) @_name) @test (#prefix? @_name "test"))
(function_declaration (modifiers (attribute (user_type (type_identifier) @_attribute))) (#eq? @_attribute "Test")) @test

(import_declaration) @imports
(import_declaration (identifier) @import)
(import_declaration (identifier (simple_identifier) @reference.import .))

(parameter name: (simple_identifier) @local)
(lambda_parameter name: (simple_identifier) @local)
(guard_statement bound_identifier: (simple_identifier) @local)
(if_statement bound_identifier: (simple_identifier) @local)
(while_statement bound_identifier: (simple_identifier) @local)
(if_statement (pattern bound_identifier: (simple_identifier) @local))
(guard_statement (pattern bound_identifier: (simple_identifier) @local))
(for_statement item: (pattern bound_identifier: (simple_identifier) @local))
(for_statement item: (pattern (pattern bound_identifier: (simple_identifier) @local)))
(switch_pattern (pattern bound_identifier: (simple_identifier) @local))
(switch_pattern (pattern (pattern bound_identifier: (simple_identifier) @local)))
(catch_block error: (pattern bound_identifier: (simple_identifier) @local))
(type_parameter . (type_identifier) @local)

[(value_argument_label (simple_identifier) @skip) (directive (simple_identifier) @skip)]
(parameter external_name: (simple_identifier) @skip)
(enum_type_parameters (simple_identifier) @skip)
((simple_identifier) @skip (#any-of? @skip "newValue" "oldValue" "_"))
(inheritance_specifier inherits_from: (user_type (type_identifier) @implements .))
(class_declaration declaration_kind: "extension" name: (user_type (type_identifier) @implementer) (inheritance_specifier inherits_from: (user_type (type_identifier) @implements .)))
(attribute (user_type (type_identifier) @reference.name))
(call_expression . (simple_identifier) @reference.call)
(call_expression . (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @reference.call)))
(macro_invocation . (simple_identifier) @reference.call)
(type_identifier) @reference.type
(simple_identifier) @reference.name

[(comment) (multiline_comment)] @doc
