; Definitions. Where two patterns name the same place, the earlier one wins.
(function_definition declarator: (_) @declarator) @definition.function

(type_definition type: (struct_specifier !name body: (_)) declarator: (_) @declarator) @definition.struct
(type_definition type: (union_specifier !name body: (_)) declarator: (_) @declarator) @definition.struct
(type_definition type: (enum_specifier !name body: (_)) declarator: (_) @declarator) @definition.enum
(type_definition declarator: (_) @declarator) @definition.type
(struct_specifier name: (_) @name body: (_)) @definition.struct
(union_specifier name: (_) @name body: (_)) @definition.struct
(enum_specifier name: (_) @name body: (_)) @definition.enum
(enumerator name: (_) @name) @definition.enum_member
(field_declaration declarator: (_) @declarator) @definition.field

; A declarator that turns out to be a function's makes a prototype of these.
(declaration (storage_class_specifier "extern") declarator: (_) @declarator) @declaration.variable
(declaration (type_qualifier "const") declarator: (_) @declarator) @definition.constant
(declaration declarator: (_) @declarator) @definition.variable

(preproc_def name: (_) @name) @definition.macro
(preproc_function_def name: (_) @name) @definition.macro

; Unity, Check, cmocka: functions that a runner lists.
(function_definition declarator: (function_declarator declarator: (identifier) @_name) (#prefix? @_name "test_")) @test

; References.
(preproc_include path: (string_literal) @import)
(preproc_include path: (system_lib_string) @import)
(parameter_declaration declarator: (_) @local)
(call_expression function: (identifier) @reference.call)
(call_expression function: (field_expression field: (field_identifier) @reference.call))
(field_expression field: (field_identifier) @reference.name)
(type_identifier) @reference.type
(identifier) @reference.name

(comment) @doc
