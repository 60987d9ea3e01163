import asyncio
from tests.runtime.python import worlds

async def chain(inputs, fabric):
    a = await fabric.request("work", {"x": inputs["n"]})
    b, c = await asyncio.gather(fabric.request("look", {"x": a}), fabric.request("look", {"x": a + 10}))
    return a + b + c

class Machine:
    def __init__(self): self.seen=[]
    def execute(self, inputs):
        return "work", {"x": inputs["n"]}
    def handle_effect_result(self, result):
        self.seen.append(result)
        if len(self.seen) == 3: return sum(self.seen)
        return "look", {"x": result}
    def state(self): return self.seen
    def load_state(self, s): self.seen = s

def plain(inputs, fabric):
    a = fabric.request("work", {"x": inputs["n"]})
    return fabric.request("look", {"x": a})

def test_it():
    with worlds.module(chain=chain, Machine=Machine, plain=plain) as m:
        for name in ("chain","Machine","plain"):
            made = worlds.program(f"{m}:{name}")
            w, view = worlds.run(made, 1)
            print(name, view)
            for e in worlds.events(w): print("  ", e)
    assert 0
