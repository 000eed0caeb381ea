[(table . (_) @name) (table_array_element . (_) @name)] @definition.property
(document (pair . (_) @name) @definition.property)
(comment) @doc
