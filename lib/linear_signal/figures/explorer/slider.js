// A slider over steps; the state holds the number of the step, `texts` say what each stands for.
function sliderOf(state, { key, title, texts }) {
  const show = make("b", {});
  const input = make("input", {
    type: "range",
    min: 0,
    max: texts.length - 1,
    step: 1,
    oninput: () => state.set(key, [input.value]),
  });
  const follow = () => {
    input.value = state.now[key][0];
    show.textContent = texts[input.value];
    input.setAttribute("aria-valuetext", show.textContent);
  };
  state.watch(follow);
  follow();
  return make("label", {}, make("span", {}, `${title}: `, show), input);
}
