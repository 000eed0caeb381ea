(element (start_tag (attribute (attribute_name) @_id (quoted_attribute_value (attribute_value) @name)) (#any-of? @_id "id" "ID"))) @definition.property
(element (start_tag (attribute (attribute_name) @_id (attribute_value) @name) (#any-of? @_id "id" "ID"))) @definition.property
(element (start_tag (tag_name) @_a (attribute (attribute_name) @_name (quoted_attribute_value (attribute_value) @name))) (#any-of? @_a "a" "A") (#any-of? @_name "name")) @definition.property
(element (start_tag (tag_name) @_heading) . (text) @name (#any-of? @_heading "title" "h1" "h2" "h3" "h4" "h5" "h6" "TITLE" "H1" "H2" "H3" "H4" "H5" "H6")) @definition.section

(script_element (start_tag (attribute (attribute_name) @_src (quoted_attribute_value (attribute_value) @import)) (#eq? @_src "src")))
(start_tag (tag_name) @_link (attribute (attribute_name) @_href (quoted_attribute_value (attribute_value) @import)) (#eq? @_link "link") (#eq? @_href "href"))

(comment) @doc
