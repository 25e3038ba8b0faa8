class Eset:
    def handle(self, request):
        raise NotImplementedError
    def state(self):
        return {}
    def add_user(self, *a, **k): pass
    def seed_demo(self): pass
