"""`make demo`: play the main job against a running onebox and print each step."""

import json
import sys

import httpx

from deploy.demo.citizen import Stopped
from deploy.demo.place import demo_file
from deploy.demo.story import play


def main() -> int:
    """Play the story; 1 when a step did not come out right, 2 when nothing is running."""
    written = demo_file()
    try:
        demo = json.loads(written.read_text("utf-8"))
    except (OSError, ValueError):
        sys.stdout.write(f"没有 {written}：请先在另一个终端运行 make run (run `make run` first)\n")
        return 2
    try:
        for number, step in enumerate(play(demo), start=1):
            sys.stdout.write(f"{number:>2}. {step.title}\n      {step.shown}\n")
            sys.stdout.flush()
    except httpx.TransportError as error:
        sys.stdout.write(f"{demo['base']} 没有应答：{error!r}；请先运行 make run (no answer)\n")
        return 2
    except Stopped as reason:
        sys.stdout.write(f"停在这里 (stopped here)：{reason}\n")
        return 1
    sys.stdout.write("全程走通 (the whole way was walked)\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
