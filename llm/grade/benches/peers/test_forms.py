"""The rules of `forms.py`, on answers whose right and wrong forms are known."""

import re
import unittest

import forms


def inside(pairs):
    """What stands in the boxes, by the name of the form."""
    found = {name: re.search(r"\\boxed\{(.*)\}", text) for name, text in pairs}
    return {name: match[1] for name, match in found.items() if match}


class Right(unittest.TestCase):
    def test_whole_numbers(self):
        right = inside(forms.right("12345"))
        self.assertEqual(right["thousands"], "12,345")
        self.assertEqual(right["decimal point"], "12345.0")
        self.assertEqual(right["fraction"], r"\frac{24690}{2}")

    def test_fractions(self):
        right = inside(forms.right(r"$-\frac{3}{8}$"))
        self.assertEqual((right["slash"], right["decimal"]), ("-3/8", "-0.375"))
        self.assertEqual(right["not in lowest terms"], r"-\frac{9}{24}")
        self.assertNotIn("decimal", inside(forms.right(r"\frac{1}{3}")))

    def test_units(self):
        right = inside(forms.right("2.5 (hours)"))
        self.assertEqual((right["without unit"], right["unit"]), ("2.5", "2.5 hours"))

    def test_formulas(self):
        right = inside(forms.right("$f(x)=\\frac{x+1}{2}$"))
        self.assertEqual(right["dfrac"], r"f(x)=\dfrac{x+1}{2}")
        self.assertEqual(right["left and right"], r"f\left(x\right)=\frac{x+1}{2}")

    def test_no_form_is_given_twice(self):
        for gold in ["7", "0", "1/2", "(1,2)", "3 (cats)", "$x^2$", "1,3,5"]:
            texts = [text for _, text in forms.right(gold) + forms.same(gold) + forms.wrong(gold)]
            self.assertEqual(len(texts), len(set(texts)), gold)


class Wrong(unittest.TestCase):
    def test_numbers_differ_from_the_gold(self):
        for gold in ["0", "1", "-1", "7", "10", "100", "-35"]:
            for name, text in forms.wrong(gold):
                answer = inside([(name, text)])[name]
                match = re.fullmatch(r"(-?[\d.]+)|\\frac\{1\}\{(-?\d+)\}|\(.*\)", answer)
                self.assertIsNotNone(match, answer)
                if match[1]:
                    self.assertNotEqual(float(answer), float(gold), name)
                elif match[2]:
                    self.assertNotEqual(1 / float(match[2]), float(gold), name)

    def test_fractions_differ_from_the_gold(self):
        for gold in [r"\frac{3}{4}", "1/2", r"-\frac{7}{3}", r"\frac{0}{5}", "2/2", "4/6"]:
            value = self.value(gold)
            for name, text in forms.wrong(gold):
                self.assertNotEqual(self.value(inside([(name, text)])[name]), value, (gold, name))

    @staticmethod
    def value(text):
        match = re.fullmatch(r"(-?)\\frac\{(\d+)\}\{(\d+)\}|(-?)(\d+)/(\d+)", text)
        if match is None:
            return float(text)
        sign, above, below = [group for group in match.groups() if group is not None]
        return (-1 if sign else 1) * int(above) / int(below)

    def test_parts(self):
        wrong = inside(forms.wrong("$(2,7)$"))
        self.assertEqual((wrong["parts swapped"], wrong["one less"]), ("(7, 2)", "2"))
        self.assertNotIn("parts swapped", inside(forms.wrong("(2,2)")))
        self.assertEqual(inside(forms.wrong("1,3,5"))["one changed"], "1, 3, 6")

    def test_what_may_stay_the_same_has_no_wrong_form(self):
        for gold in [r"$\pm 3$", "(-\\infty, 2)", r"x \equiv 1 \pmod 4", "no solution", "$x<3$"]:
            self.assertEqual(forms.wrong(gold), [], gold)


if __name__ == "__main__":
    unittest.main()
