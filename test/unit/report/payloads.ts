/** Texts that do something where a page takes them for markup, script, an address or a style. Each reaches for `hit`. */
export const payloads: readonly string[] = [
  // Elements that run or load something.
  '<script>hit(1)</script>',
  '</title></style></script><script>hit(2)</script>',
  '<img src=x onerror=hit(3)>',
  '<svg onload=hit(4)></svg>',
  '</svg><svg><script>hit(5)</script></svg>',
  '<iframe srcdoc="<script>parent.hit(6)</script>"></iframe>',
  '<details open ontoggle=hit(7)><summary>x</summary></details>',
  '<math><mtext><style><img src=x onerror=hit(8)></style></mtext></math>',
  // Ends of attributes.
  '" onmouseover="hit(9)" autofocus onfocus="hit(9)" x="',
  "' onclick='hit(10)' tabindex='0' onfocus='hit(10)' x='",
  '` onpointerover=hit(11) `',
  // Addresses.
  'javascript:hit(12)',
  'data:text/html,<script>hit(13)</script>',
  '//127.0.0.1:9/hit14',
  // Styles.
  '</style><style>*{background:url(//127.0.0.1:9/hit15)}',
  '"style="background:url(//127.0.0.1:9/hit16)"',
  // What a template, a comment or an entity would end or become.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it must not be one
  '--><!--]]>&lt;script&gt;hit(17)&#60;/script>${hit(17)}{{hit(17)}}\u2028\u0000',
];
