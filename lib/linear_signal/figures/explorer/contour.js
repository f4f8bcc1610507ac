// Marching squares, as in contour.py: where `number(column, row)` is zero over a grid of so many columns and rows.
function zeroLines(number, [columns, rows], over, up) {
  let d = "";
  for (let row = 0; row + 1 < rows; row++)
    for (let column = 0; column + 1 < columns; column++) {
      const corners = [
        [column, row],
        [column + 1, row],
        [column + 1, row + 1],
        [column, row + 1],
      ];
      const met = corners.flatMap(([x, y], k) => {
        const [toX, toY] = corners[(k + 1) % 4];
        const [here, there] = [number(x, y), number(toX, toY)];
        if (here < 0 === there < 0) return [];
        const share = here / (here - there);
        return [`${over(x + (toX - x) * share)} ${up(y + (toY - y) * share)}`];
      });
      for (let k = 0; k < met.length; k += 2) d += `M${met[k]}L${met[k + 1]}`;
    }
  return d;
}
