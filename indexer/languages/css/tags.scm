; A class or id is at most four selectors deep: `.menu > li.open:hover::before`.
(rule_set (selectors [(class_selector (class_name) @name) (id_selector (id_name) @name)])) @definition.property
(rule_set (selectors (_ [(class_selector (class_name) @name) (id_selector (id_name) @name)]))) @definition.property
(rule_set (selectors (_ (_ [(class_selector (class_name) @name) (id_selector (id_name) @name)])))) @definition.property
(rule_set (selectors (_ (_ (_ [(class_selector (class_name) @name) (id_selector (id_name) @name)]))))) @definition.property
(keyframes_statement (keyframes_name) @name) @definition.function
(declaration (property_name) @name (#prefix? @name "--")) @definition.variable

(import_statement (string_value) @import)
(import_statement (call_expression (arguments [(string_value) (plain_value)] @import)))

((plain_value) @reference.name @_value (#prefix? @_value "--"))
(declaration (property_name) @_animation (plain_value) @reference.name (#any-of? @_animation "animation" "animation-name"))

(comment) @doc
