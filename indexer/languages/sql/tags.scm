(create_schema (identifier) @name) @definition.module
(create_table (object_reference name: (_) @name)) @definition.struct
(create_view (object_reference name: (_) @name)) @definition.struct
(create_materialized_view (object_reference name: (_) @name)) @definition.struct
(create_type (object_reference name: (_) @name) (enum_elements)) @definition.enum
(create_type (object_reference name: (_) @name)) @definition.type
(enum_elements (literal) @name @definition.enum_member)
(create_sequence (object_reference name: (_) @name)) @definition.variable
(create_index column: (_) @name) @definition.property
(create_function (keyword_function) . (object_reference name: (_) @name)) @definition.function
(create_trigger (keyword_trigger) . (object_reference name: (_) @name)) @definition.property
(column_definition name: (_) @name) @definition.field
(constraint name: (_) @name) @definition.property

(function_argument . (identifier) @local)

[(relation alias: (identifier) @skip) (term alias: (identifier) @skip) (function_language (identifier) @skip)]
(field (object_reference name: (identifier) @skip))
(invocation (object_reference name: (identifier) @reference.call))
(object_reference name: (identifier) @reference.type)
(identifier) @reference.name

[(comment) (marginalia)] @doc
